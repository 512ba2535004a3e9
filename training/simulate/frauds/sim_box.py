"""SIM boxes: racks of SIMs that end calls from abroad as if they were local."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import PLAIN, Objects, Times, World


def add(world: World) -> None:
    """Two boxes of SIMs, each in one place; a SIM is burnt within the day, some move between the modems of their box. Stealthy
    ones play a person's part, in a handset of their own.
    """
    p = world.parameters
    for _ in range(2):
        numbers = world.new_mobile(world.draw_count(p.sim_box_numbers))
        site, rotating = int(world.random.integers(0, 4000)), world.chance(0.4)
        mean_s, answered = world.draw((80.0, 240.0)), world.draw((0.5, 0.75))
        for number in numbers:
            stealthy = world.chance(p.stealth_share)
            pace, hours = world.draw_pace(p.sim_box_per_h), world.draw(p.sim_box_h)
            times = world.campaign(pace * 0.5, hours * 1.5) if stealthy else world.campaign(pace, hours)
            if not len(times):
                continue
            called = world.strangers(len(times))
            where = {"moving": True} if stealthy else {"moving": False, "site": site, "modems": len(numbers) if rotating else 0}
            world.call(number, called, times, answered, mean_s, **where)
            world.call_back(number, called, times, 0.01, 30.0, 3600)  # a missed call from nobody known
            if stealthy:
                _play_a_person(world, number, numbers, times)
            world.label(number, "sim_box", times[0], "stealthy" if stealthy else PLAIN)


def _play_a_person(world: World, number: str, others: Objects, times: Times) -> None:
    """The SIMs of a box ring and text each other, so that each seems to be called."""
    some = times[world.random.random(len(times)) < world.draw((0.05, 0.15))] + 60_000
    partners = others[world.random.integers(0, len(others), len(some))]
    world.call(partners, np.repeat(number, len(some)), world.within(some), 0.9, 40.0)
    sent = times[world.random.random(len(times)) < world.draw((0.02, 0.1))] + 30_000
    friends = others[world.random.integers(0, len(others), len(sent))]
    world.text(number, friends, world.within(sent), list(texts.ordinary(world.random, len(sent))))

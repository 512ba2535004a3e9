"""SIM boxes: racks of SIMs that end calls from abroad as if they were local."""

import numpy as np

from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """Boxes of a few SIMs each, in one place, on for most of the day; careful ones send messages and are called."""
    p = world.parameters
    for _ in range(2):
        numbers = world.new_mobile(world.draw_count(p.sim_box_numbers))
        for number in numbers:
            stealthy = world.random.random() < p.stealth_share
            hours = world.draw((8.0, 20.0))
            times = world.campaign(world.draw(p.sim_box_per_h) * (0.4 if stealthy else 1.0), hours * min(2.0, world.days))
            if not len(times):
                continue
            called = world.strangers(len(times))
            world.call(
                number,
                called,
                times,
                world.draw((0.5, 0.75)),
                world.draw((80.0, 240.0)),
                moving=False,
                rotating=world.random.random() < 0.4,
            )
            if stealthy:
                some = times[world.random.random(len(times)) < 0.08]
                world.call(world.strangers(len(some)), np.repeat(number, len(some)), some + 60_000, 0.7, 40.0)
            world.label(number, "sim_box", times[0])

"""People with a new telephone or a replaced SIM, who sign in to their services anew: a handful of codes in an hour."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate import texts
from linewatch.training.simulate.lookalikes.otp_sender import NAMES
from linewatch.training.simulate.world import Objects, Renewal, World

PER_2000 = 12


def make(world: World) -> Objects:
    """One subscriber; the same home, the same friends."""
    number = world.strangers(1)
    if number[0] in world.renewed:
        return number
    at_ms = int(world.by_day(1, 0.02)[0])
    sim = world.chance(0.6)
    world.renewed[number[0]] = Renewal(at_ms, sim=sim, handset=world.chance(0.7), home=False)
    world.happen(number[0], "sim_changed" if sim else "device_changed", at_ms)
    count = int(world.random.integers(2, 8))
    times = at_ms + world.random.integers(300_000, round(world.draw((0.5, 8.0)) * HOUR_MS), count)
    for at, line in zip(world.within(times).tolist(), texts.otp(world.random, count), strict=True):
        world.text(f"{world.random.choice(NAMES)}{world.random.integers(1, 999)}", number, np.array([at]), [line])
    friends = world.strangers(5)
    times = world.by_day(int(world.draw((4, 9)) * max(1.0, world.days)))
    world.call(number[0], friends[world.random.integers(0, 5, len(times))], times, 0.8, 90.0)
    return number

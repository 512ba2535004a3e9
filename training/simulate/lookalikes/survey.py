"""Pollsters who dial at random: one in three answers, most hang up at once, some talk for minutes."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 2


def make(world: World) -> Objects:
    """One interviewers' line; half are registered as call centres. Some of the numbers dialled are nobody's."""
    number = world.fixed()
    if world.chance(0.5):
        world.registered[number[0]] = "call_centre"
    times = world.shift(world.draw((20.0, 45.0)), 8, 11.0)
    called = world.strangers(len(times))
    calls = world.call(number[0], called, times, 0.35, 18.0, moving=False, attestation="A")
    willing = (world.random.random(len(times)) < 0.25) & (calls.duration_s > 0)
    calls.duration_s = np.where(willing, world.draw((150.0, 700.0), len(times)).round(1), calls.duration_s)
    calls.cause = np.where((calls.duration_s == 0) & (world.random.random(len(times)) < 0.05), 1, calls.cause)
    world.call_back(number[0], called, times, 0.06, 30.0, 3600)
    return number

"""Taxi drivers: call and are called by strangers all day."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 8


def make(world: World) -> Objects:
    """One driver."""
    number = world.strangers(1)
    times = world.shift(world.draw((3.0, 9.0)), 11)
    world.call(number[0], world.strangers(len(times)), times, 0.8, 25.0)
    times = world.shift(world.draw((3.0, 9.0)), 11)
    world.call(world.strangers(len(times)), np.repeat(number, len(times)), times, 0.85, 35.0)
    return number

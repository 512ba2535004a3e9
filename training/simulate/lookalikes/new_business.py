"""A shop or a salesman with a new line: activated today, and busy at once with customers at home and suppliers abroad."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate.world import Objects, World

PER_2000 = 3


def make(world: World) -> Objects:
    """One new subscription."""
    number = world.new_mobile(1)
    world.happen(number[0], "activated", world.start_ms + int(world.random.integers(0, 4 * HOUR_MS)))
    times = world.shift(world.draw((4.0, 10.0)), 9, 11.0)
    called = np.where(world.random.random(len(times)) < 0.12, world.foreign(len(times)), world.strangers(len(times)))
    world.call(number[0], called, times, 0.7, world.draw((80.0, 200.0)))
    world.call_back(number[0], called, times, 0.25, 90.0, 3600)
    return number

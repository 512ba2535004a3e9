"""Alarm devices and lifts that ring their centre for seconds, always the same."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate.world import Objects, World

PER_2000 = 15


def make(world: World) -> Objects:
    """One device."""
    number, centre = world.new_mobile(1), world.fixed()[0]
    begin = world.start_ms + int(world.random.integers(0, HOUR_MS))
    times = np.arange(begin, world.end_ms, int(world.draw((0.05, 1.0)) * HOUR_MS))
    ring = np.full(len(times), 3.0)
    world.call(number[0], np.repeat(centre, len(times)), times, 0.6, 4.0, moving=False, ring_s=ring)
    return number

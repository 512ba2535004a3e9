"""People who bought a SIM on arrival: activated today, and long calls home to the same few."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate.world import Objects, World

PER_2000 = 6


def make(world: World) -> Objects:
    """One new subscription."""
    number = world.new_mobile(1)
    at_ms = world.start_ms + int(world.random.integers(0, max(1, (world.end_ms - world.start_ms) // 2)))
    world.happen(number[0], "activated", at_ms)
    family = world.hot(3) if world.chance(0.2) else world.foreign(3)
    spread = at_ms + world.random.integers(0, world.end_ms - at_ms, int(world.draw((4, 14))))
    times = np.sort(spread)
    world.call(number[0], family[world.random.integers(0, 3, len(times))], times, 0.75, world.draw((200.0, 700.0)))
    world.call(number[0], world.strangers(6), world.within(times[:1] + world.random.integers(0, 6 * HOUR_MS, 6)), 0.7, 60.0)
    return number

"""People who went abroad and have their number forwarded there: a few calls a day, of friends."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate.world import Objects, World

PER_2000 = 3


def make(world: World) -> Objects:
    """One subscriber; forwarded to an ordinary number, or where revenue-share fraud has its ranges too."""
    number = world.strangers(1)
    if number[0] not in world.forwards:
        target = world.hot(1) if world.chance(0.15) else world.foreign(1)
        world.happen(number[0], "forwarding_set", world.start_ms + int(world.random.integers(0, HOUR_MS)), str(target[0]))
    times = world.by_day(int(world.draw((2, 9)) * max(1.0, world.days)), 0.06)
    friends = world.strangers(6)
    world.call(friends[world.random.integers(0, 6, len(times))], np.repeat(number, len(times)), times, 0.7, 180.0)
    world.call(number[0], friends[:2], world.by_day(2), 0.8, 60.0)
    return number

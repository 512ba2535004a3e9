"""Call shops: a line that migrants rent to call home, where revenue-share fraud has its ranges too."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 1


def make(world: World) -> Objects:
    """One booth's line: many countries, long talks, evenings, and numbers that are hardly ever called twice."""
    number = world.fixed() if world.chance(0.5) else world.new_mobile(1)
    times = world.shift(world.draw((2.0, 5.0)), 10, 12.0)
    called = np.where(world.random.random(len(times)) < 0.3, world.hot(len(times)), world.foreign(len(times)))
    calls = world.call(number[0], called, times, 0.75, world.draw((240.0, 500.0)), moving=False)
    world.one_at_a_time(calls)
    return number

"""Emergencies: a fire in the street, and a hundred people call the same short number within minutes, some repeatedly."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 1


def make(world: World) -> Objects:
    """One emergency; the number of the emergency service is nobody's subscription."""
    begin = world.moment()
    callers = world.strangers(int(world.random.integers(40, 150)))
    again = callers[world.random.integers(0, len(callers), int(len(callers) * 1.6))]
    times = begin + world.random.exponential(600_000, len(again)).astype(np.int64)
    world.call(again, np.repeat(world.fixed()[0], len(again)), world.within(times), 0.6, 45.0)
    return np.unique(again)

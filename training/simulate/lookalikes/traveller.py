"""Travellers on business: calls to hotels, partners and taxis where they are, third countries, and home."""

import numpy as np

from linewatch.training.simulate.numbering import VISITED
from linewatch.training.simulate.world import Objects, World

PER_2000 = 5


def make(world: World) -> Objects:
    """One own SIM abroad, some fifteen calls a day."""
    number = world.strangers(1)
    times = world.by_day(int(world.draw((8, 25)) * max(1.0, world.days)), 0.1)
    around = np.concatenate([world.foreign(8), world.strangers(6)])
    called = around[world.random.integers(0, len(around), len(times))]
    world.call(number[0], called, times, 0.75, world.draw((60.0, 240.0)), abroad=str(world.random.choice(VISITED)))
    return number

"""Roamers: own SIMs that networks abroad serve, and foreign SIMs that are served here."""

import numpy as np

from linewatch.training.simulate.numbering import VISITED
from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """One in 150 subscribers is abroad, and as many visitors are here; both call home and around."""
    for number in world.strangers(world.count(13)):
        times = world.by_day(int(world.random.integers(3, 12) * max(1.0, world.days)), 0.15)
        called = world.strangers(8)[world.random.integers(0, 8, len(times))]
        world.call(number, called, times, 0.75, 120.0, abroad=str(world.random.choice(VISITED)))
    for number in world.foreign(world.count(13)):
        times = world.by_day(int(world.random.integers(2, 9) * max(1.0, world.days)), 0.15)
        around = np.concatenate([world.strangers(6), world.foreign(3)])
        world.call(number, around[world.random.integers(0, len(around), len(times))], times, 0.75, 90.0, visiting=True)

"""Conference bridges that ring their participants: a dozen calls at once, long, some abroad; half are registered."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 1


def make(world: World) -> Objects:
    """One bridge's line and its meetings by day; international teams meet in the evening too."""
    number = world.fixed()
    if world.chance(0.5):
        world.registered[number[0]] = "conference"
    for begin in world.by_day(max(2, int(4 * world.days)), 0.1).tolist():
        size = int(world.random.integers(4, 12))
        people = np.where(world.random.random(size) < 0.3, world.foreign(size), world.strangers(size))
        times = begin + world.random.integers(0, 60_000, size)
        world.call(number[0], people, world.within(times), 0.9, world.draw((900.0, 2400.0)), moving=False, attestation="A")
    return number

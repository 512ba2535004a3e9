"""Hotels and hospitals whose guests call home at night: an exchange that is busy when others sleep, several calls at once."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 1


def make(world: World) -> Objects:
    """One exchange's line, to ordinary countries, a few to where revenue-share fraud has its ranges too."""
    number = world.fixed()
    times = np.sort(world.by_day(int(world.draw((30, 120)) * world.days), 0.35))
    hot = world.random.random(len(times)) < 0.06
    called = np.where(hot, world.hot(len(times)), world.foreign(len(times)))
    called = np.where(world.random.random(len(times)) < 0.5, world.strangers(len(times)), called)
    world.call(number[0], called, times, 0.75, world.draw((120.0, 300.0)), moving=False, attestation="A")
    times = world.by_day(int(60 * world.days), 0.15)
    world.call(world.strangers(len(times)), np.repeat(number, len(times)), times, 0.9, 120.0)
    return number

"""Traffic with other countries: calls in and out, and families where revenue-share fraud has its ranges too."""

import numpy as np

from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """Some 12 calls a 100 subscribers and day each way, and fixed lines' calls abroad that only pass through."""
    amount = int(len(world.subscribers) * world.days * 0.12)
    abroad, here = world.foreign(amount), world.strangers(amount)
    world.call(abroad, here, world.by_day(amount, 0.15), 0.7, 200.0, attestation="C")
    abroad, here = world.foreign(amount), world.strangers(amount)
    world.call(here, abroad, world.by_day(amount, 0.15), 0.7, 240.0)
    through = world.fixed(world.count(30))
    passing = through[world.random.integers(0, len(through), amount // 3)]
    world.call(passing, world.foreign(len(passing)), world.by_day(len(passing), 0.02), 0.7, 200.0, attestation="A")
    family = max(2, len(world.subscribers) // 250)
    for subscriber, relative in zip(world.strangers(family), world.hot(family), strict=True):
        times = world.by_day(int(world.random.integers(1, 4)), 0.2)
        world.call(subscriber, np.repeat(relative, len(times)), times, 0.8, 300.0)

"""Enterprises: exchanges whose main line takes thousands of calls and whose extensions ring customers all day."""

import numpy as np

from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """One exchange a 1,000 subscribers: a main line, called all day, and up to 30 extensions in a block."""
    for _ in range(max(1, world.count(2))):
        main = world.fixed()[0]
        times = world.shift(world.draw((20.0, 90.0)), 9)
        world.call(world.strangers(len(times)), np.repeat(main, len(times)), times, 0.9, 150.0)
        times = world.shift(world.draw((15.0, 60.0)), 9)  # the main number is what its outgoing calls present
        customers = world.strangers(300)
        called = customers[world.random.integers(0, len(customers), len(times))]
        world.call(main, called, times, 0.65, world.draw((90.0, 200.0)), attestation="A")
        for line in world.fixed(int(world.random.integers(5, 30))):
            times = world.shift(world.draw((1.0, 4.0)), 9)
            called = customers[world.random.integers(0, len(customers), len(times))]
            calls = world.call(line, called, times, 0.7, world.draw((80.0, 240.0)), attestation="A")
            world.one_at_a_time(calls)
            world.call_back(line, called, times, 0.15, 120.0, 3600)

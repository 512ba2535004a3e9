"""Flash-call services that registered with the operator: a ring of a second from the number that ends in the code."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 1


def make(world: World) -> Objects:
    """One service's numbers, own and registered each."""
    begin = world.new_mobile(1)[0][:-2]
    tails = world.random.choice(100, int(world.random.integers(4, 10)), replace=False).tolist()
    numbers = np.array([f"{begin}{tail:02d}" for tail in tails], object)
    for number in numbers:
        world.registered[number] = "flash_call"
        times = world.by_day(int(world.draw((60, 500)) * world.days), 0.06)
        ring = world.draw((0.5, 2.0), len(times)).round(1)
        world.call(number, world.strangers(len(times)), times, 0.005, 2.0, ring_s=ring, moving=False, attestation="A")
    return numbers

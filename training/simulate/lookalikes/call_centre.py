"""Call centres: fixed lines that call customers all day and are called by them; half are registered with the operator."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 2.5


def make(world: World) -> Objects:
    """One centre's line."""
    number = world.fixed()
    if world.chance(0.5):
        world.registered[number[0]] = "call_centre"
    times = world.shift(world.draw((40.0, 160.0)), 9)
    called = world.strangers(len(times))
    world.call(number[0], called, times, 0.5, world.draw((120.0, 260.0)), moving=False, attestation="A")
    times = world.shift(world.draw((15.0, 60.0)), 9)
    world.call(world.strangers(len(times)), np.repeat(number, len(times)), times, 0.9, 200.0)
    return number

"""Coaches and neighbours who ring forty people one after the other, by hand."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 3


def make(world: World) -> Objects:
    """One evening's round of calls."""
    number = world.strangers(1)
    times = world.campaign(25.0, 1.5)
    world.call(number[0], world.strangers(len(times)), times, 0.6, 60.0)
    return number

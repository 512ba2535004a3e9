"""Salespeople who call strangers from a mobile all day and talk to those who answer; few call back."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 5


def make(world: World) -> Objects:
    """One seller on the road."""
    number = world.strangers(1)
    times = world.shift(world.draw((8.0, 16.0)), 8)
    called = world.strangers(len(times))
    world.call(number[0], called, times, 0.55, world.draw((60.0, 120.0)))
    world.call_back(number[0], called, times, 0.12, 80.0, 900)
    return number

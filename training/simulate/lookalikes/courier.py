"""Couriers: some hundred strangers a day, for half a minute each, from all over the town; some call back."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 12


def make(world: World) -> Objects:
    """One courier, a subscriber with a life beside the work."""
    number = world.strangers(1)
    times = world.shift(world.draw((9.0, 22.0)), 9)
    called = world.strangers(len(times))
    world.call(number[0], called, times, 0.75, world.draw((20.0, 45.0)))
    world.call_back(number[0], called, times, 0.25, 30.0, 300)
    return number

"""Telephone sales from a mobile subscription at a desk: strangers, long talks, one place, seldom called."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 3


def make(world: World) -> Objects:
    """One desk, at working hours; the number was bought for the job."""
    number = world.new_mobile(1)
    times = world.shift(world.draw((6.0, 13.0)), 8)
    called = world.strangers(len(times))
    world.call(number[0], called, times, 0.5, world.draw((60.0, 150.0)), moving=False)
    world.call_back(number[0], called, times, world.draw((0.05, 0.15)), 90.0, 1800)
    return number

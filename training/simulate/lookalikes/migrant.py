"""People whose family lives where revenue-share fraud has its ranges: long calls, some nights, always the same few."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 4


def make(world: World) -> Objects:
    """One subscriber: up to five calls a day to up to three relatives."""
    number = world.strangers(1)
    family = world.hot(int(world.random.integers(1, 4)))
    times = world.by_day(int(world.random.integers(2, 6) * max(1.0, world.days)), 0.25)
    called = family[world.random.integers(0, len(family), len(times))]
    world.call(number[0], called, times, 0.75, world.draw((200.0, 700.0)))
    return number

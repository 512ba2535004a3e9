"""People with one subscription in two devices, a telephone and a watch or a car: now the one calls, now the other."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 5


def make(world: World) -> Objects:
    """One subscriber; the two are in one place and hardly ever call at once."""
    number = world.strangers(1)
    friends = world.strangers(10)
    for second in (False, True):
        times = world.by_day(int(world.draw((3, 9)) * max(1.0, world.days)))
        world.call(number[0], friends[world.random.integers(0, 10, len(times))], times, 0.75, 100.0, beside=second)
    return number

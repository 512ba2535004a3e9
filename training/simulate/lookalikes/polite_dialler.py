"""Call centres whose dialler gives up after a ring or two when no agent is free: many short rings, and long talks."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 3


def make(world: World) -> Objects:
    """One centre's line, not registered; those who were rung for nothing call back and are told why."""
    number = world.fixed()
    times = world.shift(world.draw((30.0, 90.0)), 8)
    called = world.strangers(len(times))
    calls = world.call(number[0], called, times, world.draw((0.25, 0.4)), world.draw((70.0, 180.0)), moving=False, attestation="A")
    world.rings(calls, world.draw((0.5, 0.8)), (2.0, 6.5))
    world.call_back(number[0], called, times, world.draw((0.05, 0.12)), 40.0, 1200)
    return number

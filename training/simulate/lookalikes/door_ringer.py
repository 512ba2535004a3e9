"""Riders who ring once as a sign that they stand at the door: single rings to strangers, from a mobile that moves."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 5


def make(world: World) -> Objects:
    """One rider; half of the calls are a single ring, the rest are answered or missed as usual."""
    number = world.strangers(1)
    times = world.shift(world.draw((6.0, 14.0)), 8, 11.0)
    called = world.strangers(len(times))
    calls = world.call(number[0], called, times, world.draw((0.25, 0.45)), 20.0)
    world.rings(calls, world.draw((0.6, 0.9)), (2.0, 6.5))
    world.call_back(number[0], called, times, 0.2, 20.0, 200)
    return number

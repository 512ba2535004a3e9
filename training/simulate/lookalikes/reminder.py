"""Clinics and garages that remind of appointments by a recorded voice: strangers, for some 20 seconds, seldom called back."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 3


def make(world: World) -> Objects:
    """One reminding line; two in three are registered as broadcasters."""
    number = world.fixed()
    if world.chance(0.67):
        world.registered[number[0]] = "broadcast"
    times = world.shift(world.draw((15.0, 60.0)), world.draw((1.0, 4.0)), 10.0)
    called = world.strangers(len(times))
    world.call(number[0], called, times, world.draw((0.6, 0.8)), world.draw((20.0, 35.0)), moving=False, attestation="A")
    world.call_back(number[0], called, times, world.draw((0.03, 0.1)), 60.0, 3600)
    return number

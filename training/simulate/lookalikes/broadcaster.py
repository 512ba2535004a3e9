"""Schools and offices that ring everybody with a recorded message: registered, as the operator asks."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 3


def make(world: World) -> Objects:
    """One registered line, for an hour."""
    number = world.fixed()
    world.registered[number[0]] = "broadcast"
    times = world.campaign(world.draw((150.0, 400.0)), 1.0)
    world.call(number[0], world.strangers(len(times)), times, 0.7, 18.0, moving=False, attestation="A")
    return number

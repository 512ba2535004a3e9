"""Services that read one-time passwords out by a recorded voice: strangers, some 20 seconds; half are registered."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 1.5


def make(world: World) -> Objects:
    """One line, by day and by night."""
    number = world.fixed()
    if world.chance(0.5):
        world.registered[number[0]] = "voice_code"
    times = world.by_day(int(world.draw((30, 150)) * world.days), 0.08)
    world.call(number[0], world.strangers(len(times)), times, 0.9, world.draw((15.0, 25.0)), moving=False, attestation="A")
    return number

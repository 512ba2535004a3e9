"""Mobile gateways of enterprises: an exchange that calls its staff and customers over a SIM to save on fees."""

from linewatch.training.simulate.world import Objects, World

PER_2000 = 2


def make(world: World) -> Objects:
    """One gateway's SIM: one place, working hours, the same few hundred people, called back at the main number only."""
    number = world.new_mobile(1)
    people = world.strangers(int(world.random.integers(60, 250)))
    times = world.shift(world.draw((5.0, 14.0)), 9)
    called = people[world.random.integers(0, len(people), len(times))]
    world.call(number[0], called, times, 0.7, world.draw((60.0, 160.0)), moving=False)
    world.call_back(number[0], called, times, 0.03, 60.0, 1800)
    return number

"""Companies whose number is forwarded to a support centre abroad: customers call it all day."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 0.5


def make(world: World) -> Objects:
    """One company's number."""
    number = world.new_mobile(1)
    world.happen(number[0], "forwarding_set", world.start_ms, str(world.foreign(1)[0]))
    times = world.shift(world.draw((8.0, 30.0)), 9)
    world.call(world.strangers(len(times)), np.repeat(number, len(times)), times, 0.85, world.draw((150.0, 400.0)))
    world.call(number[0], world.strangers(3), world.by_day(3), 0.8, 60.0)
    return number

"""People who try to get through to a clinic, an office or a sold-out show: redial, redial, redial."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 6


def make(world: World) -> Objects:
    """One subscriber: up to forty tries in half an hour, then a talk."""
    number, line = world.strangers(1), world.fixed()[0]
    times = world.campaign(world.draw((30.0, 90.0)), world.draw((0.2, 0.6)))
    world.call(number[0], np.repeat(line, len(times)), times, 0.03, 60.0)
    world.call(number[0], np.repeat(line, 1), world.within(times[-1:] + 60_000), 1.0, 200.0)
    return number

"""Fans who vote by telephone, again and again within minutes, and radio listeners who want to win the tickets."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 2


def make(world: World) -> Objects:
    """One show's fans: five to fifty calls each to one line, mostly busy."""
    line = world.fixed()[0]
    world.registered[line] = "televote"
    begin = world.moment()
    fans = world.strangers(int(world.random.integers(20, 60)))
    for fan in fans:
        times = world.campaign(world.draw((10.0, 120.0)), world.draw((0.1, 0.5)), begin)
        world.call(fan, np.repeat(line, len(times)), times, 0.3, 8.0)
    return np.unique(fans)

"""Shops that sell by message: spam to some, no fraud."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import Objects, World

PER_2000 = 4


NAMES = ("MegaSale", "FreshMart", "ShoeBox", "Pizza")


def make(world: World) -> Objects:
    """One sender's campaign."""
    sender = np.array([f"{world.random.choice(NAMES)}{world.random.integers(1, 999)}"], object)
    times = world.campaign(world.draw((100.0, 800.0)), 3.0)
    world.text(sender[0], world.strangers(len(times)), times, list(texts.promo(world.random, len(times))))
    return sender

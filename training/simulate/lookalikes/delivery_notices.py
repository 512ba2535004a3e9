"""Parcel services and their bots: true notices of true parcels, with a link to follow them."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import Objects, World

PER_2000 = 2


NAMES = ("FastPost", "GoParcel", "KerryGo", "ShipMate")


def make(world: World) -> Objects:
    """One sender; every third is a mobile number of a small shop."""
    small = world.chance(0.33)
    name = f"{world.random.choice(NAMES)}{world.random.integers(1, 999)}"
    sender = world.new_mobile(1) if small else np.array([name], object)
    times = world.shift(world.draw((4.0, 15.0) if small else (20.0, 120.0)), 9)
    world.text(sender[0], world.strangers(len(times)), times, list(texts.delivery(world.random, len(times))))
    return sender

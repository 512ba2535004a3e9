"""Banks, insurers and states whose honest notices carry a link and speak of accounts and payments."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import Objects, World

PER_2000 = 3


NAMES = ("Siambank", "CityBank", "CoopBank", "InsureOne", "StateSvc")


def make(world: World) -> Objects:
    """One sender: statements, payments made and due, by the rhythm of the day."""
    sender = np.array([f"{world.random.choice(NAMES)}{world.random.integers(1, 999)}"], object)
    times = world.by_day(int(world.draw((100, 900)) * world.days), 0.04)
    world.text(sender[0], world.strangers(len(times)), times, list(texts.notice(world.random, len(times))))
    return sender

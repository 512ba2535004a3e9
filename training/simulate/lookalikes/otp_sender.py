"""Senders of one-time passwords of banks, shops and states."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import Objects, World

PER_2000 = 5


NAMES = ("MyBank", "ShopPay", "GovID", "TeleCare", "PayFast", "AirBook")


def make(world: World) -> Objects:
    """One alphanumeric sender, by day and by night."""
    sender = np.array([f"{world.random.choice(NAMES)}{world.random.integers(1, 999)}"], object)
    times = world.by_day(int(world.draw((200, 1500)) * world.days), 0.1)
    world.text(sender[0], world.strangers(len(times)), times, list(texts.otp(world.random, len(times))))
    return sender

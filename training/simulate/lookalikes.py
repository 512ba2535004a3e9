"""Those that rules trip over and who do nothing wrong: couriers, call centres, OTP senders, alarms, taxis, schools."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import HOUR_MS, World


def add(world: World) -> None:
    """All of them, in number by the operator's size."""
    size = max(1.0, len(world.subscribers) / 2000)
    for make, count in (
        (_courier, 12),
        (_taxi, 8),
        (_call_centre, 4),
        (_otp_sender, 5),
        (_alarm, 15),
        (_school, 3),
        (_shop, 4),
        (_seller, 5),
    ):
        for _ in range(int(count * size)):
            make(world)


def _days(world: World) -> range:
    return range(max(1, round(world.days)))


def _shift(world: World, per_h: float, hours: float) -> np.ndarray:
    """Times of a working day each day, from about nine local."""
    offset = 7 if world.parameters.country == "TH" else 3
    begin = [(9 - offset) * HOUR_MS + day * 24 * HOUR_MS + int(world.random.integers(-HOUR_MS, HOUR_MS)) for day in _days(world)]
    parts = [world.campaign(per_h, hours, world.start_ms + at) for at in begin]
    return np.concatenate(parts)


def _courier(world: World) -> None:
    """Some hundred strangers a day, for half a minute each, from all over the town; some call back."""
    number = world.strangers(1)[0]
    times = _shift(world, world.draw((9.0, 22.0)), 9)
    called = world.strangers(len(times))
    world.call(number, called, times, 0.75, world.draw((20.0, 45.0)))
    back = world.random.random(len(times)) < 0.25
    world.call(called[back], np.repeat(number, back.sum()), world.within(times[back] + 300_000), 0.8, 30.0)


def _taxi(world: World) -> None:
    """Calls and is called by strangers all day."""
    number = world.strangers(1)[0]
    times = _shift(world, world.draw((3.0, 9.0)), 11)
    world.call(number, world.strangers(len(times)), times, 0.8, 25.0)
    times = _shift(world, world.draw((3.0, 9.0)), 11)
    world.call(world.strangers(len(times)), np.repeat(number, len(times)), times, 0.85, 35.0)


def _call_centre(world: World) -> None:
    """A fixed line that calls customers all day and is called by them; some are registered with the operator."""
    number = world.fixed()[0]
    if world.random.random() < 0.5:
        world.registered[number] = "call_centre"
    times = _shift(world, world.draw((40.0, 160.0)), 9)
    world.call(number, world.strangers(len(times)), times, 0.5, world.draw((120.0, 260.0)), moving=False, attestation="A")
    times = _shift(world, world.draw((15.0, 60.0)), 9)
    world.call(world.strangers(len(times)), np.repeat(number, len(times)), times, 0.9, 200.0)


def _otp_sender(world: World) -> None:
    """An alphanumeric sender of one-time passwords and notices of a bank or a shop."""
    sender = str(world.random.choice(["MyBank", "ShopPay", "GovID", "TeleCare", "PayFast", "AirBook"])) + str(
        world.random.integers(1, 99)
    )
    times = world.by_day(int(world.draw((200, 1500)) * world.days), 0.1)
    world.text(sender, world.strangers(len(times)), times, list(texts.otp(world.random, len(times))))


def _alarm(world: World) -> None:
    """A device that rings its centre, always the same, and texts it."""
    number, centre = world.new_mobile(1)[0], world.fixed()[0]
    times = np.arange(world.start_ms + int(world.random.integers(0, HOUR_MS)), world.end_ms, int(world.draw((0.05, 1.0)) * HOUR_MS))
    world.call(number, np.repeat(centre, len(times)), times, 0.6, 4.0, moving=False, ring_s=np.full(len(times), 3.0))


def _school(world: World) -> None:
    """A registered broadcaster, and a coach who rings forty parents one after the other."""
    number = world.fixed()[0]
    world.registered[number] = "broadcast"
    times = world.campaign(world.draw((150.0, 400.0)), 1.0)
    world.call(number, world.strangers(len(times)), times, 0.7, 18.0, moving=False, attestation="A")
    coach = world.strangers(1)[0]
    times = world.campaign(25.0, 1.5)
    world.call(coach, world.strangers(len(times)), times, 0.6, 60.0)


def _shop(world: World) -> None:
    """Marketing by message: spam to some, no fraud."""
    sender = str(world.random.choice(["MegaSale", "FreshMart", "ShoeBox", "Pizza"])) + str(world.random.integers(1, 99))
    times = world.campaign(world.draw((100.0, 800.0)), 3.0)
    world.text(sender, world.strangers(len(times)), times, list(texts.promo(world.random, len(times))))


def _seller(world: World) -> None:
    """A salesperson who calls strangers all day from a mobile and talks to those who answer; few call back."""
    number = world.strangers(1)[0]
    times = _shift(world, world.draw((8.0, 16.0)), 8)
    called = world.strangers(len(times))
    world.call(number, called, times, 0.55, world.draw((60.0, 120.0)))
    back = world.random.random(len(times)) < 0.12
    world.call(called[back], np.repeat(number, back.sum()), world.within(times[back] + 900_000), 0.8, 80.0)

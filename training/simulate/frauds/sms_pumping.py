"""SMS pumping: bots have many services send one-time passwords to a range whose holder shares in the price of a message."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.lookalikes.otp_sender import NAMES
from linewatch.training.simulate.numbering import HOT
from linewatch.training.simulate.world import Objects, Times, World


def add(world: World) -> None:
    """Number after number of a range, again and again; in no order, slowly, among customers, or with some that call."""
    campaign = world.parameters.sms_pumping
    left = world.draw_count(campaign.numbers)
    while left > 0:
        form = world.form("scattered", "slow", "among_customers", "decoys")
        count = int(world.random.integers(20, 36))
        left -= count
        numbers = _range(world, count, form == "scattered")
        pace, hours = world.draw_pace(campaign.per_h), world.draw(campaign.hours)
        times = world.campaign(pace * 0.2, hours * 3) if form == "slow" else world.campaign(pace, hours)
        recipients = numbers[_turns(world, count, len(times), form == "scattered")]
        codes(world, recipients, times)
        if form == "among_customers":
            _customers(world, numbers[0])
        elif form == "decoys":
            some = world.random.choice(numbers, count // 5, replace=False)
            calls = world.by_day(len(some) * 4)
            world.call(some[np.arange(len(calls)) % len(some)], world.strangers(len(calls)), calls, 0.6, 20.0)
        for number in dict.fromkeys(recipients.tolist()):
            world.label(number, "sms_pumping", times[recipients == number][0], form)


def codes(world: World, recipients: Objects, times: Times) -> None:
    """One-time passwords of several services, each in its own words."""
    senders = np.array([f"{name}{world.random.integers(1, 999)}" for name in NAMES], object)
    chosen = world.random.integers(0, len(senders), len(times))
    for index, sender in enumerate(senders.tolist()):
        own = np.flatnonzero(chosen == index)
        world.text(sender, recipients[own], times[own], list(texts.otp(world.random, len(own))))


def _range(world: World, count: int, scattered: bool) -> Objects:
    """Numbers one after the other, or anywhere in a block of 1,000; some ranges are abroad."""
    if world.chance(0.3):
        head, width = HOT[int(world.random.integers(0, len(HOT)))]
        begin = f"{head}{world.random.integers(0, 10 ** (width - 3)):0{width - 3}d}"
        first = int(world.random.integers(0, 1000 - count))
        tails = world.random.choice(1000, count, replace=False) if scattered else np.arange(first, first + count)
        return np.array([f"{begin}{tail:03d}" for tail in tails.tolist()], object)
    return world.new_block(count, scattered)


def _turns(world: World, numbers: int, codes: int, scattered: bool) -> Times:
    """Which number gets which code: by rising number, one to three at a time, from the beginning again at the end."""
    if scattered:
        return world.random.integers(0, numbers, codes)
    return np.repeat(np.arange(codes), world.random.integers(1, 4, codes))[:codes] % numbers


def _customers(world: World, beside: str) -> None:
    """People whose numbers lie in the same block of 1,000, and who use them."""
    people = world.new_block(int(world.random.integers(4, 12)), True, beside[:-3])
    times = world.by_day(int(len(people) * world.draw(world.parameters.calls_per_day) * max(1.0, world.days)))
    world.call(people[world.random.integers(0, len(people), len(times))], world.strangers(len(times)), times, 0.7, 90.0)

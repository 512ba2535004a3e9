"""Hacked exchanges: somebody guessed a mailbox's code and sends calls abroad over an enterprise's lines, several at once."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate.world import Times, World


def add(world: World) -> None:
    """Lines with a past of business calls; at night, or among the day's calls, ordinary countries or premium ones."""
    campaign = world.parameters.pbx_hacking
    for number in world.fixed(world.draw_count(campaign.numbers)):
        form = world.form("by_day", "slow_drip", "ordinary_abroad", "spread")
        _business(world, number)
        lines = [number, *(world.fixed(3) if form == "spread" else ())]  # other extensions of the same exchange
        pool = world.foreign(12) if form == "ordinary_abroad" else world.hot(int(world.random.integers(2, 10)))
        pace, hours = world.draw_pace(campaign.per_h), world.draw(campaign.hours)
        pace, hours = (world.draw((3.0, 7.0)), hours * 2) if form == "slow_drip" else (pace, hours)
        times = _times(world, pace, hours, by_day=form == "by_day")
        if len(times) < 2:
            continue
        if world.chance(0.5):  # a call of seconds proves that the number pays, hours before
            probe = world.within(times[:1] - round(world.draw((0.5, 8.0)) * HOUR_MS))
            world.call(number, pool[:1], probe, 1.0, 6.0)
        for index, line in enumerate(lines):
            some = times[index :: len(lines)]
            if not len(some):
                continue
            called = pool[world.random.integers(0, len(pool), len(some))]
            world.call(line, called, some, world.draw((0.6, 0.95)), world.draw((240.0, 900.0)), moving=False)
            world.label(line, "pbx_hacking", some[0], form, ["irsf"])
        if form != "ordinary_abroad":
            world.relate(pool, "pbx_hacking", "destination")


def _business(world: World, number: str) -> None:
    """Customers call, and are called, by day."""
    customers = world.strangers(60)
    times = world.shift(world.draw((2.0, 8.0)), 9)
    called = customers[world.random.integers(0, len(customers), len(times))]
    world.call(number, called, times, 0.7, 120.0, attestation="A", fraud="")
    times = world.shift(world.draw((2.0, 10.0)), 9)
    world.call(world.strangers(len(times)), np.repeat(number, len(times)), times, 0.9, 150.0, fraud="")


def _times(world: World, pace: float, hours: float, by_day: bool) -> Times:
    """By night unless told otherwise; not before the exchange has had a day's business, where there is one."""
    day = int(world.random.integers(0, max(1, int(world.days))))
    begin = world.local_ms(day, world.draw((9.0, 14.0) if by_day else (20.5, 26.0)))
    return world.campaign(pace, hours, max(world.start_ms, min(begin, world.end_ms - round(min(hours, 6.0) * HOUR_MS))))

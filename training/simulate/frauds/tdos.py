"""Telephony denial of service: one line is called until nobody else gets through (DHS and FBI, 2013)."""

import numpy as np

from linewatch.training.simulate.world import Objects, World


def add(world: World) -> None:
    """Each target has a few attackers; they ring and go, hold the line, come from many numbers, or keep below notice."""
    campaign = world.parameters.tdos
    left = world.draw_count(campaign.numbers)
    while left > 0:
        form = world.form("holding", "distributed", "slow")
        target = world.fixed()[0]
        _ordinary(world, target)
        count = int(world.random.integers(15, 40)) if form == "distributed" else min(left, int(world.random.integers(1, 4)))
        left -= 2 if form == "distributed" else count
        begin = world.moment()
        for number in _block(world, count) if form == "distributed" else world.new_mobile(count):
            pace, hours = world.draw_pace(campaign.per_h), world.draw(campaign.hours)
            if form == "slow":
                pace, hours = world.draw((8.0, 20.0)), hours * 2
            elif form == "distributed":
                pace, hours = world.draw((5.0, 14.0)), world.draw((0.7, 1.6))
            elif form == "holding":
                pace = min(pace, 60.0)
            times = world.campaign(pace, hours, begin)
            if not len(times):
                continue
            answered, mean_s = (0.8, world.draw((60.0, 400.0))) if form == "holding" else (world.draw((0.05, 0.4)), 4.0)
            world.call(number, np.repeat(target, len(times)), times, answered, mean_s, moving=False)
            world.label(number, "tdos", times[0], form)


def _ordinary(world: World, target: str) -> None:
    """Those who mean it: patients, customers, citizens."""
    times = world.by_day(int(60 * world.days), 0.1)
    world.call(world.strangers(len(times)), np.repeat(target, len(times)), times, 0.8, 90.0)


def _block(world: World, count: int) -> Objects:
    """Numbers of one block of 1,000."""
    begin = world.new_mobile(1)[0][:-3]
    tails = world.random.choice(1000, count, replace=False).tolist()
    return np.array([f"{begin}{tail:03d}" for tail in tails], object)

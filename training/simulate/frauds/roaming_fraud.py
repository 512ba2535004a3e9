"""Roaming fraud: SIMs taken abroad, where usage is reported late, that call third countries until they are cut off."""

import numpy as np

from linewatch.training.simulate.numbering import VISITED
from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """Bought or stolen SIMs abroad; some are slow, call home between, or call premium ranges only."""
    campaign = world.parameters.roaming_fraud
    bought, stolen = world.new_mobile(world.draw_count(campaign.numbers)), world.strangers(2)
    for number in dict.fromkeys([*bought, *stolen]):
        form = world.form("slow", "calls_home", "premium")
        pace, hours = world.draw_pace(campaign.per_h), world.draw(campaign.hours)
        if form == "slow":
            pace, hours = world.draw((2.5, 6.0)), hours * 2
        times = world.campaign(pace, hours)
        if not len(times):
            continue
        network = str(world.random.choice(VISITED))
        premium = world.hot(6)
        share = 1.0 if form == "premium" else 0.3
        some = premium[world.random.integers(0, 6, len(times))]
        called = np.where(world.random.random(len(times)) < share, some, world.foreign(len(times)))
        world.call(number, called, times, world.draw((0.6, 0.9)), world.draw((200.0, 900.0)), abroad=network)
        if form == "calls_home":
            between = times[world.random.random(len(times)) < 0.6] + 400_000
            friends = world.strangers(6)[world.random.integers(0, 6, len(between))]
            world.call(number, friends, world.within(between), 0.8, 90.0, abroad=network)
        world.label(number, "roaming_fraud", times[0], form, ["irsf"] if form == "premium" else None)
        world.relate(premium, "roaming_fraud", "destination")

"""Cloned subscriptions: a second device with the same identity calls at the victim's cost, while the victim calls too."""

import numpy as np

from linewatch.training.simulate.numbering import VISITED
from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """The copy calls abroad at a pace; or seldom and at home; or from another country's network."""
    campaign = world.parameters.device_cloning
    for number in dict.fromkeys(world.strangers(world.draw_count(campaign.numbers))):
        form = world.form("quiet", "abroad")
        pace, hours = world.draw_pace(campaign.per_h), world.draw(campaign.hours)
        if form == "quiet":
            pace, hours = world.draw((1.5, 4.0)), hours * 1.5
        times = world.campaign(pace, hours)
        if len(times) < 2:
            continue
        called = world.strangers(len(times)) if form == "quiet" else world.foreign(len(times))
        network = str(world.random.choice(VISITED)) if form == "abroad" else None
        world.call(number, called, times, 0.8, world.draw((120.0, 600.0)), copied=True, abroad=network)
        own = world.campaign(world.draw((1.0, 5.0)), hours, int(times[0]))  # meanwhile the victim lives on
        friends = world.strangers(8)
        ends = friends[world.random.integers(0, 8, len(own))]
        rings = world.random.random(len(own)) < 0.5
        me = np.repeat(number, len(own))
        world.call(np.where(rings, me, ends), np.where(rings, ends, me), own, 0.8, 120.0)
        world.label(number, "device_cloning", times[0], form)

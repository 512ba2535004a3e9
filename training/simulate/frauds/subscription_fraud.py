"""Subscription fraud: lines got under a false name, used to the full at once and never paid (CFCA, yearly survey)."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """Activated and at once used to sell calls abroad; or after a while of good behaviour; mixed with calls at home; premium."""
    campaign = world.parameters.subscription_fraud
    for number in world.new_mobile(world.draw_count(campaign.numbers)):
        form = world.form("bust_out", "mixed", "premium")
        pace, hours = world.draw_pace(campaign.per_h), world.draw(campaign.hours)
        times = world.campaign(pace, hours)
        if not len(times):
            continue
        wait_h = world.draw((8.0, 20.0)) if form == "bust_out" else world.draw((0.3, 4.0))
        activated = max(world.start_ms, int(times[0]) - round(wait_h * HOUR_MS))
        world.happen(number, "activated", activated)
        if form == "bust_out":
            calm = activated + np.sort(world.random.integers(0, max(1, int(times[0]) - activated), 8))
            world.call(number, world.strangers(4)[world.random.integers(0, 4, 8)], calm, 0.8, 60.0)
        called = world.hot(len(times)) if form == "premium" else world.foreign(len(times))
        if form == "mixed":
            called = np.where(world.random.random(len(times)) < 0.55, world.strangers(len(times)), called)
        world.call(number, called, times, world.draw((0.6, 0.85)), world.draw((180.0, 600.0)), moving=world.chance(0.5))
        world.label(number, "subscription_fraud", times[0], form, ["irsf"] if form == "premium" else None)
        if form == "premium":
            world.relate(called, "subscription_fraud", "destination")

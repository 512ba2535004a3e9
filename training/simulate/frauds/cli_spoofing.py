"""Spoofed callers: calls from abroad that present numbers of this country whose lines make no call."""

import numpy as np

from linewatch.training.simulate.world import Objects, World


def add(world: World) -> None:
    """One innocent number for many calls; or another one for each, near the called; slow; over a domestic trunk; nobody's."""
    campaign = world.parameters.cli_spoofing
    for _ in range(world.draw_count(campaign.numbers)):
        form = world.form("neighbours", "slow", "domestic_trunk", "unused_number")
        pace, hours = world.draw_pace(campaign.per_h), world.draw(campaign.hours)
        if form == "slow":
            pace, hours = world.draw((2.0, 8.0)), hours * 2
        times = world.campaign(pace, hours)
        if not len(times):
            continue
        called = world.strangers(len(times))
        if form == "neighbours":
            presented = _neighbours(world, called)
        elif form == "unused_number":
            presented = np.repeat(world.new_mobile(1), len(times))
        else:
            presented = np.repeat(world.strangers(1), len(times))
        trunk = "IC-1" if form == "domestic_trunk" else "INT-1"
        world.call(presented, called, times, world.draw((0.3, 0.6)), world.draw((15.0, 120.0)), spoofed=trunk, attestation="C")
        world.call_back(presented[0], called[presented == presented[0]], times[presented == presented[0]], 0.05, 40.0, 1800)
        for number in dict.fromkeys(presented):
            world.label(number, "cli_spoofing", times[presented == number][0], form)


def _neighbours(world: World, called: Objects) -> Objects:
    """Subscribers' numbers that share the first digits with the called one; of a pool, so that each comes several times."""
    pool = np.sort(world.strangers(min(40, max(3, len(called) // 6))).astype(str))
    at = np.clip(np.searchsorted(pool, called.astype(str)), 0, len(pool) - 1)
    near = pool[at].astype(object)
    return np.where(near == called, pool[at - 1].astype(object), near)

"""Wangiri campaigns: single rings from abroad or from made-up numbers, and the calls back that pay for them."""

import numpy as np

from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """One campaign's worth of presented numbers, each at its own pace."""
    p = world.parameters
    for number in np.concatenate(
        [world.foreign(world.draw_count(p.wangiri_numbers)), world.hot(world.draw_count(p.wangiri_numbers))]
    ):
        stealthy = world.random.random() < p.stealth_share
        times = world.campaign(world.draw(p.wangiri_per_h) * (0.2 if stealthy else 1.0), world.draw(p.campaign_h))
        if not len(times):
            continue
        called = world.strangers(len(times))
        ring = world.draw((1.0, 5.0), len(times)).round(1)
        world.call(number, called, times, 0.02, 4.0, ring_s=ring, attestation="C")
        back = world.random.random(len(times)) < world.draw((0.02, 0.15))
        delay = world.random.exponential(1_200_000, back.sum()).astype(np.int64) + 30_000
        world.call(called[back], np.repeat(number, back.sum()), world.within(times[back] + delay), 0.9, 90.0)
        world.label(number, "wangiri", times[0])
        world.relate(called, "wangiri", "victim")

"""Wangiri campaigns: single rings from abroad or from made-up numbers, and the calls back that pay for them."""

import numpy as np

from linewatch.training.simulate.world import PLAIN, World


def add(world: World) -> None:
    """Presented numbers of one campaign, each at its own pace; stealthy ones ring longer, seldom, and answer some."""
    p = world.parameters
    count = world.draw_count(p.wangiri_numbers)
    for number in np.unique(np.concatenate([world.foreign(count), world.hot(world.draw_count(p.wangiri_numbers))])):
        stealthy, times = world.open_or_stealthy(p.wangiri_per_h, p.wangiri_h)
        if not len(times):
            continue
        called = world.strangers(len(times))
        ring = world.draw((3.0, 9.0) if stealthy else (1.0, world.draw((3.0, 6.5))), len(times)).round(1)
        world.call(number, called, times, world.draw((0.05, 0.2)) if stealthy else 0.02, 4.0, ring_s=ring, attestation="C")
        back = world.random.random(len(times)) < world.draw((0.02, 0.15))
        delay = world.random.exponential(1_200_000, back.sum()).astype(np.int64) + 30_000
        world.call(called[back], np.repeat(number, back.sum()), world.within(times[back] + delay), 0.9, 90.0)
        world.label(number, "wangiri", times[0], "stealthy" if stealthy else PLAIN)

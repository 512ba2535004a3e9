"""SIMs in routers, meters and tablets, one number beside the other: a code when they are set up, notices after it, never a call."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate import texts
from linewatch.training.simulate.world import Objects, World

PER_2000 = 1


def make(world: World) -> Objects:
    """One customer's range, set up over the whole span."""
    sims = world.new_block(int(world.random.integers(20, 60)), False)
    begun = world.by_day(len(sims))
    for sim, at in zip(sims.tolist(), begun.tolist(), strict=True):
        world.happen(sim, "activated", at)
    portal = f"Portal{world.random.integers(1, 999)}"
    set_up = np.minimum(begun + 60_000, world.end_ms - 1)
    world.text(portal, sims, set_up, list(texts.otp(world.random, len(sims))))
    which = np.repeat(np.arange(len(sims)), world.random.integers(1, 4, len(sims)))
    later = begun[which] + world.random.integers(0, 6 * HOUR_MS, len(which))
    world.text(portal, sims[which], np.minimum(later, world.end_ms - 1), list(texts.notice(world.random, len(which))))
    return sims

"""Call centres abroad that present the company's number of this country, as agreed, over the carrier's trunk from abroad."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate.world import Objects, World

PER_2000 = 1


def make(world: World) -> Objects:
    """One centre; its carrier signs for it; two in three are registered."""
    number = world.fixed() if world.chance(0.7) else world.new_mobile(1)
    if world.chance(0.67):
        world.registered[number[0]] = "call_centre"
    times = world.shift(world.draw((10.0, 50.0)), 8)
    called = world.strangers(len(times))
    signed = "A" if world.chance(0.6) else "B"
    world.call(number[0], called, times, 0.5, world.draw((90.0, 240.0)), spoofed="INT-1", attestation=signed)
    world.call(called[:20], np.repeat(number, min(20, len(called))), world.within(times[:20] + HOUR_MS), 0.9, 120.0)
    return number

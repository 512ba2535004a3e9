"""Lawyers, doctors and crisis lines: long talks with people who are not known yet, and short ones that come to nothing."""

import numpy as np

from linewatch.training.simulate.world import Objects, World

PER_2000 = 3


def make(world: World) -> Objects:
    """One counsellor's line at working hours; half of the long ones were asked for by a call before."""
    number = world.fixed() if world.chance(0.5) else world.new_mobile(1)
    times = world.shift(world.draw((3.0, 8.0)), 9)
    called = world.strangers(len(times))
    asked = world.random.random(len(times)) < 0.4
    world.call(called[asked], np.repeat(number, asked.sum()), world.within(times[asked] - 1_800_000), 0.5, 60.0)
    lasted = np.where(world.random.random(len(times)) < 0.4, world.draw((400.0, 2400.0), len(times)), 25.0).round(1)
    calls = world.call(number[0], called, times, 0.7, 100.0, lasted_s=lasted, moving=False, attestation="A")
    world.one_at_a_time(calls)
    world.call_back(number[0], called, times, 0.15, 200.0, 7200)
    return number

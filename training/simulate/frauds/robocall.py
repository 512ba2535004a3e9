"""Robocalls: a dialler goes through numbers and plays a recording to those who answer."""

import numpy as np

from linewatch.training.simulate.world import PLAIN, Objects, World


def add(world: World) -> None:
    """Numbers of a few diallers; stealthy ones dial slowly, hold people longer and are called back."""
    p = world.parameters
    presented = [world.new_mobile(world.draw_count(p.robocall_numbers)), world.fixed(world.draw_count(p.robocall_numbers))]
    for number in np.concatenate(presented):
        stealthy, times = world.open_or_stealthy(p.robocall_per_h, p.robocall_h, slower=0.25, longer=1.5)
        if not len(times):
            continue
        called = _called(world, len(times))
        mean_s = world.draw((15.0, 45.0)) if stealthy else world.draw((6.0, 22.0))
        calls = world.call(number, called, times, world.draw((0.25, 0.6)), mean_s, moving=False, attestation="B")
        nobody = (world.random.random(len(times)) < world.draw((0.0, 0.2))) & (calls.duration_s == 0)
        calls.cause = np.where(nobody, 1, calls.cause)
        world.call_back(number, called, times, world.draw((0.02, 0.06)) if stealthy else world.draw((0.0, 0.03)), 15.0, 3600)
        world.label(number, "robocall", times[0], "stealthy" if stealthy else PLAIN)


def _called(world: World, count: int) -> Objects:
    """Numbers at random, or a range gone through, in which not everybody is a subscriber."""
    if not world.chance(0.4):
        return world.strangers(count)
    begin = int(world.random.integers(0, 9_000_000))
    steps = np.cumsum(world.random.integers(1, 4, count))
    return np.array([f"{world.parameters.own_prefix}{begin + step:07d}" for step in steps.tolist()], object)

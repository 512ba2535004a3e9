"""Robocalls: a dialler goes through numbers and plays a recording to those who answer."""

import numpy as np

from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """Numbers of a few diallers; some dial one number after the other, some at random."""
    p = world.parameters
    presented = np.concatenate(
        [world.new_mobile(world.draw_count(p.robocall_numbers)), world.fixed(world.draw_count(p.robocall_numbers))]
    )
    for number in presented:
        stealthy = world.random.random() < p.stealth_share
        times = world.campaign(world.draw(p.robocall_per_h) * (0.25 if stealthy else 1.0), world.draw(p.campaign_h))
        if not len(times):
            continue
        called = world.strangers(len(times))
        if world.random.random() < 0.4:  # goes through a range, in which not everybody is a subscriber
            begin = int(world.random.integers(0, 9_000_000))
            called = np.array(
                [f"{p.own_prefix}{begin + step:07d}" for step in np.cumsum(world.random.integers(1, 4, len(times)))],
                object,
            )
        calls = world.call(number, called, times, world.draw((0.25, 0.6)), world.draw((6.0, 20.0)), moving=False, attestation="B")
        nobody = (world.random.random(len(times)) < world.draw((0.0, 0.2))) & (calls.duration_s == 0)
        calls.cause = np.where(nobody, 1, calls.cause)
        world.label(number, "robocall", times[0])
        world.relate(called, "robocall", "victim")

"""Vishing: callers who pretend to be the bank or the police and keep on the line those who believe it."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import Objects, Times, World


def add(world: World) -> None:
    """Numbers of call rooms: most people hang up in seconds, some are talked to for long and read out their codes."""
    campaign = world.parameters.vishing
    count = world.draw_count(campaign.numbers)
    made = (world.new_mobile, world.fixed, world.foreign)
    for index in range(count):
        form = world.form("patient", "answers_back", "rotating")
        pace, hours = world.draw_pace(campaign.per_h), world.draw(campaign.hours)
        if form == "patient":
            pace, hours = world.draw((2.5, 6.0)), hours * 2
        numbers = _block(world, 8) if form == "rotating" else made[index % 3](1)
        times = world.campaign(pace, hours)
        if not len(times):
            continue
        which = world.random.integers(0, len(numbers), len(times))
        called = world.strangers(len(times))
        believes = world.random.random(len(times)) < world.draw((0.25, 0.4))
        lasted = np.where(believes, world.draw((400.0, 2400.0), len(times)), world.random.gamma(2.0, 8.0, len(times)) + 2.0).round(
            1
        )
        calls = world.call(
            numbers[which], called, times, world.draw((0.5, 0.75)), 60.0, lasted_s=lasted, moving=False, attestation="C"
        )
        _codes(world, called, times, believes & (calls.duration_s > 0))
        back = world.draw((0.1, 0.25)) if form == "answers_back" else world.draw((0.0, 0.04))
        for place, number in enumerate(numbers):
            own = which == place
            if own.any():
                world.call_back(number, called[own], times[own], back, 120.0, 3600)
                world.label(number, "vishing", times[own][0], form)


def _block(world: World, count: int) -> Objects:
    """Numbers of one block of 100."""
    begin = world.new_mobile(1)[0][:-2]
    tails = world.random.choice(100, count, replace=False).tolist()
    return np.array([f"{begin}{tail:02d}" for tail in tails], object)


def _codes(world: World, called: Objects, times: Times, talking: np.ndarray) -> None:
    """While they talk, the bank's codes arrive."""
    for victim, begun in zip(called[talking], times[talking].tolist(), strict=True):
        count = int(world.random.integers(1, 4))
        at = begun + 90_000 + world.random.integers(0, 240_000, count)
        lines = list(texts.otp(world.random, count))
        world.text(f"MyBank{world.random.integers(1, 99)}", np.repeat(victim, count), world.within(at), lines)

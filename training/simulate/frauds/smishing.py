"""Smishing: texts that pretend to be a bank, a parcel service, the state, a child in need."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import PLAIN, World


def add(world: World) -> None:
    """Senders of a campaign: farms of mobiles, numbers abroad, made-up sender ids; stealthy ones send between ordinary texts."""
    p = world.parameters
    senders = [*world.new_mobile(world.draw_count(p.smishing_numbers)), *world.foreign(world.draw_count((2, 6)))]
    senders += [
        f"{name}{world.random.integers(1, 999)}" for name in ("Parcel", "TaxDept", "BankInfo")[: int(world.random.integers(1, 4))]
    ]
    for sender in dict.fromkeys(senders):
        stealthy = world.chance(p.stealth_share)
        pace, hours = world.draw_pace(p.smishing_per_h), world.draw(p.smishing_h)
        times = world.campaign(pace * 0.15, hours * 2) if stealthy else world.campaign(pace, hours)
        if not len(times):
            continue
        recipients = world.strangers(len(times))
        world.text(sender, recipients, times, list(texts.fraud(world.random, len(times))))
        if stealthy and sender.startswith("+"):
            others = world.strangers(max(2, len(times) // 20))
            again = others[world.random.integers(0, len(others), len(times))]
            world.text(sender, again, world.within(times + 120_000), list(texts.ordinary(world.random, len(times))))
        answer = world.random.random(len(times)) < (0.02 if sender.startswith("+") else 0.0)
        replies = world.within(times[answer] + 600_000)
        world.text(
            recipients[answer], np.repeat(sender, answer.sum()), replies, list(texts.ordinary(world.random, int(answer.sum())))
        )
        world.label(sender, "smishing", times[0], "stealthy" if stealthy else PLAIN, ["sms_spam"])

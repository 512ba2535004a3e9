"""Smishing: texts that pretend to be a bank, a parcel service, the state, a child in need."""

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """Senders of a campaign: mobiles of farms and made-up sender ids, each with its share of the recipients."""
    p = world.parameters
    senders = [*world.new_mobile(world.draw_count(p.smishing_numbers)), *world.foreign(world.draw_count((1, 4)))]
    senders += [
        f"{name}{world.random.integers(1, 99)}" for name in ("Parcel", "TaxDept", "BankInfo")[: int(world.random.integers(1, 4))]
    ]
    for sender in dict.fromkeys(senders):
        stealthy = world.random.random() < p.stealth_share
        times = world.campaign(world.draw(p.smishing_per_h) * (0.1 if stealthy else 1.0), world.draw((1.0, 6.0)))
        if not len(times):
            continue
        recipients = world.strangers(len(times))
        world.text(sender, recipients, times, list(texts.fraud(world.random, len(times))))
        world.label(sender, "smishing", times[0], ["sms_spam"])
        world.relate(recipients, "smishing", "victim")

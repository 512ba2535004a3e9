"""SIM swap: a thief gets the victim's number on a SIM of his own, to receive the codes of its accounts (ENISA, 2021)."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate import texts
from linewatch.training.simulate.lookalikes.otp_sender import NAMES
from linewatch.training.simulate.world import Renewal, World


def add(world: World) -> None:
    """A new SIM in a new handset elsewhere and codes at once; or after a night, few and far between; or with no event of it."""
    campaign = world.parameters.sim_swap
    for number in dict.fromkeys(world.strangers(world.draw_count(campaign.numbers))):
        if number in world.renewed:
            continue
        form = world.form("patient", "unannounced", "few_codes")
        pace, hours = world.draw_pace(campaign.per_h), world.draw(campaign.hours)
        pace, hours = (world.draw((1.0, 2.5)), 4.0) if form == "few_codes" else (pace, hours)
        begin = int(
            world.random.integers(world.start_ms + 6 * HOUR_MS, max(world.start_ms + 7 * HOUR_MS, world.end_ms - 6 * HOUR_MS))
        )
        times = world.campaign(pace, hours, begin)
        if len(times) < 2:
            continue
        lead_h = world.draw((5.0, 14.0)) if form == "patient" else world.draw((0.1, 1.0))
        swapped = max(world.start_ms, begin - round(lead_h * HOUR_MS))
        world.silenced[number] = swapped
        world.renewed[number] = Renewal(swapped, sim=True, handset=True, home=True)
        if form != "unannounced":
            world.happen(number, "sim_changed", swapped)
        for at, line in zip(times.tolist(), texts.otp(world.random, len(times)), strict=True):
            sender = f"{world.random.choice(NAMES)}{world.random.integers(1, 999)}"
            world.text(sender, np.array([number], object), np.array([at]), [line])
        calls = times[world.random.random(len(times)) < 0.4] + 120_000  # to the bank's line, to confirm
        world.call(number, np.repeat(world.fixed(), len(calls)), world.within(calls), 0.9, 150.0, thief=True)
        if world.chance(0.3) and number not in world.forwards:
            world.happen(number, "forwarding_set", int(times[0]), str(world.new_mobile(1)[0]))
        world.label(number, "sim_swap", times[0] if form == "unannounced" else swapped, form)

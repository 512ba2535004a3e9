"""Call forwarding abuse: a victim's number is made to forward abroad, and accomplices call it: the victim pays the second leg."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """Forwarded to premium ranges; with no event of it, to ordinary countries, or seldom."""
    campaign = world.parameters.call_forward_abuse
    for number in dict.fromkeys(world.strangers(world.draw_count(campaign.numbers))):
        if number in world.forwards:
            continue
        form = world.form("unannounced", "ordinary_abroad", "slow")
        pace, hours = world.draw_pace(campaign.per_h), world.draw(campaign.hours)
        if form == "slow":
            pace, hours = world.draw((1.5, 4.0)), hours * 2
        times = world.campaign(pace, hours)
        if not len(times):
            continue
        target = str((world.foreign(1) if form == "ordinary_abroad" else world.hot(1))[0])
        since = max(world.start_ms, int(times[0]) - round(world.draw((0.1, 2.0)) * HOUR_MS))
        if form == "unannounced":
            world.forwards[number] = (since, target)
        else:
            world.happen(number, "forwarding_set", since, target)
        callers = np.concatenate([world.foreign(3), world.new_mobile(2)])
        world.call(
            callers[world.random.integers(0, len(callers), len(times))],
            np.repeat(number, len(times)),
            times,
            world.draw((0.75, 0.95)),
            world.draw((200.0, 900.0)),
        )
        world.label(number, "call_forward_abuse", times[0], form)
        world.relate([*callers, target], "call_forward_abuse", "accomplice")

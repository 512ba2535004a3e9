"""Flash calls of services that did not register: a ring of a second, the caller's last digits are the code."""

import numpy as np

from linewatch.training.simulate.numbering import FOREIGN
from linewatch.training.simulate.world import Objects, World


def add(world: World) -> None:
    """A range of numbers of a service, own or abroad; each user is rung once, by the number that ends in the code."""
    campaign = world.parameters.flash_call
    left = world.draw_count(campaign.numbers)
    while left > 0:
        form = world.form("rotating", "slow", "longer_rings")
        count = int(world.random.integers(25, 60)) if form == "rotating" else min(left, int(world.random.integers(1, 4)))
        left -= 3 if form == "rotating" else count
        begin = world.moment()
        ring = (1.5, 4.5) if form == "longer_rings" else (0.5, world.draw((1.5, 2.5)))
        for number in _range(world, count):
            pace, hours = world.draw_pace(campaign.per_h), world.draw(campaign.hours)
            if form == "slow":
                pace, hours = world.draw((6.0, 15.0)), hours * 2
            elif form == "rotating":
                pace, hours = world.draw((1.5, 5.0)), world.draw((2.0, 4.0))
            times = world.campaign(pace, hours, begin)
            if not len(times):
                continue
            called = world.strangers(len(times))
            world.call(
                number, called, times, 0.01, 3.0, ring_s=world.draw(ring, len(times)).round(1), attestation="C", moving=False
            )
            world.call_back(number, called, times, world.draw((0.0, 0.01)), 5.0, 3600)
            world.label(number, "flash_call", times[0], form)


def _range(world: World, count: int) -> Objects:
    """Numbers of one block: of 1,000 here, of those that nobody has abroad."""
    if world.chance(0.5):
        head, width = world.new_mobile(1)[0][:-3], 3
    else:
        head, width = FOREIGN[int(world.random.integers(0, len(FOREIGN)))]
    tails = world.random.choice(10**width, min(count, 10**width), replace=False).tolist()
    return np.array([f"{head}{tail:0{width}d}" for tail in tails], object)

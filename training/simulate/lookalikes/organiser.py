"""People who text the whole choir, team or wedding party from their own mobile within minutes."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import Objects, World

PER_2000 = 4


def make(world: World) -> Objects:
    """One organiser; the same people get a second round, and answer."""
    number = world.strangers(1)
    party = world.strangers(int(world.random.integers(25, 120)))
    for _ in range(2):
        times = world.campaign(200.0, len(party) / 200.0)
        reached = party[: len(times)]
        world.text(number[0], reached, times[: len(party)], list(texts.invitation(world.random, len(reached))))
        answer = world.random.random(len(reached)) < 0.4
        replies = world.within(times[: len(reached)][answer] + 900_000)
        lines = list(texts.ordinary(world.random, int(answer.sum())))
        world.text(reached[answer], np.repeat(number, answer.sum()), replies, lines)
    return number

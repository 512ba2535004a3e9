"""SMS spam: farms of SIMs that sell by text to whoever has a number; nobody asked for it."""

import numpy as np

from linewatch.training.simulate import texts
from linewatch.training.simulate.world import PLAIN, Times, World


def add(world: World) -> None:
    """SIMs of a campaign; stealthy ones send slower, and text and are answered as people do in between."""
    p = world.parameters
    for sender in world.new_mobile(world.draw_count(p.sms_spam_numbers)):
        stealthy, times = world.open_or_stealthy(p.sms_spam_per_h, p.sms_spam_h)
        if not len(times):
            continue
        world.text(sender, world.strangers(len(times)), times, list(texts.promo(world.random, len(times))))
        if stealthy:
            chat_among_friends(world, sender, times)
        world.label(sender, "sms_spam", times[0], "stealthy" if stealthy else PLAIN)


def chat_among_friends(world: World, sender: str, times: Times) -> None:
    """As many ordinary texts to a few people, who answer half of them."""
    friends = world.strangers(max(2, len(times) // 20))
    others = friends[world.random.integers(0, len(friends), len(times))]
    world.text(sender, others, world.within(times + 120_000), list(texts.ordinary(world.random, len(times))))
    answer = world.random.random(len(times)) < 0.5
    replies = world.within(times[answer] + 240_000)
    lines = list(texts.ordinary(world.random, int(answer.sum())))
    world.text(others[answer], np.repeat(sender, answer.sum()), replies, lines)

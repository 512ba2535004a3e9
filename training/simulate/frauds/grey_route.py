"""Grey routes: the traffic of brands, brought in by ordinary SIMs to save what the operator's gateway costs."""

from linewatch.training.simulate import texts
from linewatch.training.simulate.frauds.sms_spam import chat_among_friends
from linewatch.training.simulate.world import PLAIN, World


def add(world: World) -> None:
    """SIMs of one aggregator: one-time passwords for the most part, some notices; stealthy ones slower, with chat between."""
    p = world.parameters
    for sender in world.new_mobile(world.draw_count(p.grey_route_numbers)):
        stealthy, times = world.open_or_stealthy(p.grey_route_per_h, p.grey_route_h)
        if not len(times):
            continue
        share = world.draw((0.5, 1.0))
        codes, notices = texts.otp(world.random, len(times)), texts.notice(world.random, len(times))
        lines = [next(codes if drawn < share else notices) for drawn in world.random.random(len(times))]
        world.text(sender, world.strangers(len(times)), times, lines)
        if stealthy:
            chat_among_friends(world, sender, times)
        world.label(sender, "grey_route", times[0], "stealthy" if stealthy else PLAIN)

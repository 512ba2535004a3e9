"""What happens to subscriptions: new SIMs and handsets, porting, forwarding."""

from linewatch.training.simulate.world import World

KINDS = ("activated", "sim_changed", "device_changed", "ported")


def add(world: World) -> None:
    """A few events a 1,000 subscribers and day; some subscribers have their calls forwarded to another."""
    amount = max(5, int(len(world.subscribers) * world.days * 0.004))
    times = world.by_day(amount).tolist()
    for number, at_ms, kind in zip(world.strangers(amount), times, world.random.integers(0, len(KINDS), amount), strict=True):
        world.events.append({"number": number, "event": KINDS[kind], "at_ms": at_ms})
    number_count = int(len(world.subscribers) * world.parameters.forwarding_share)
    pairs = zip(world.strangers(number_count), world.strangers(number_count), world.by_day(number_count).tolist(), strict=True)
    for number, target, at_ms in pairs:
        if number == target or target in world.forwards:
            continue
        since = world.start_ms + (at_ms - world.start_ms) // 4
        world.forwards[number] = (since, target)
        world.events.append({"number": number, "event": "forwarding_set", "at_ms": since, "target": target})

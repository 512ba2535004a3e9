"""International revenue share fraud: stolen or bought lines that call ranges which pay their callers, and talk long."""

import numpy as np

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate.numbering import VISITED
from linewatch.training.simulate.world import PLAIN, Times, World


def add(world: World) -> None:
    """Lines that were bought, stolen from subscribers, or are used abroad; stealthy ones call seldom, between ordinary calls."""
    p = world.parameters
    bought, stolen = world.new_mobile(world.draw_count(p.irsf_numbers)), world.strangers(world.draw_count(p.irsf_numbers))
    for number in dict.fromkeys([*bought, *stolen]):
        stealthy = world.chance(p.stealth_share)
        pool = world.hot(int(world.random.integers(2, 12)))
        pace, hours = world.draw_pace(p.irsf_per_h), world.draw(p.irsf_h)
        times = _times(world, pace * 0.15, hours * 3) if stealthy else _times(world, pace, hours)
        if not len(times):
            continue
        called = pool[world.random.integers(0, len(pool), len(times))]
        abroad = str(world.random.choice(VISITED)) if world.chance(0.2) else None
        world.call(number, called, times, world.draw((0.6, 0.95)), world.draw((150.0, 900.0)), abroad=abroad)
        if stealthy:
            between = world.within(times + 900_000)
            world.call(number, world.strangers(len(between)), between, 0.7, 80.0)
        world.label(number, "irsf", times[0], "stealthy" if stealthy else PLAIN, ["roaming_fraud"] if abroad else None)
        world.relate(pool, "irsf", "destination")


def _times(world: World, pace: float, hours: float) -> Times:
    """Mostly begun at night, when nobody looks."""
    if not world.chance(0.6):
        return world.campaign(pace, hours)
    day = int(world.random.integers(0, max(1, int(np.ceil(world.days)))))
    begin = min(world.local_ms(day, world.draw((22.0, 27.0))), world.end_ms - round(hours * HOUR_MS))
    return world.campaign(pace, hours, max(world.start_ms, begin))

"""International revenue share fraud: stolen or bought lines that call ranges which pay their callers, and talk long."""

from linewatch.training.simulate.world import World


def add(world: World) -> None:
    """Each line calls a handful of hot numbers, several times an hour, mostly at night, with ordinary calls between."""
    p = world.parameters
    lines = list(world.new_mobile(world.draw_count(p.irsf_numbers))) + list(world.strangers(world.draw_count(p.irsf_numbers)))
    for number in dict.fromkeys(lines):
        stealthy = world.random.random() < p.stealth_share
        pool = world.hot(int(world.random.integers(2, 9)))
        times = world.campaign(world.draw(p.irsf_per_h) * (0.3 if stealthy else 1.0), world.draw((1.5, 8.0)))
        if not len(times):
            continue
        called = pool[world.random.integers(0, len(pool), len(times))]
        world.call(number, called, times, world.draw((0.6, 0.95)), world.draw((180.0, 900.0)))
        world.label(number, "irsf", times[0])
        world.relate(pool, "irsf", "destination")

"""CPU time of small pieces of work."""

import time
from collections.abc import Callable
from statistics import median


def us_each(work: Callable[[], object], count: int, rounds: int) -> float:
    """Microseconds of CPU for each of `count`, the median of some rounds; the first, which warms up, is not one."""
    times = []
    for _ in range(rounds + 1):
        began = time.process_time()
        work()
        times.append(1e6 * (time.process_time() - began) / count)
    return median(times[1:])

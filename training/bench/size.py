"""What more numbers cost: memory and time a record while ever more numbers are held that nobody calls any more.

One partition of the worker's own code, in one process, with no broker. Numbers that were seen once are added step by step;
after each step the same kind of traffic among a fixed set of other numbers is timed. At the end come records that all
have one number in them.
"""

import argparse
import gc
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import policy_from_toml, shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import Block
from linewatch.stream.replay import BATCH, Replay
from linewatch.training.bench.long_run import resident_mb, state_mb

ACTIVE: Final = 50_000
TIMED: Final = 200_000
FIRST_ACTIVE: Final = 66_810_000_000
FIRST_IDLE: Final = 66_900_000_000
APART: Final = 5  # two numbers to a block of ten, as where a fifth of a range is in use
BEGIN_MS: Final = 1_767_225_600_000


class Step(NamedTuple):
    """With so many numbers: bytes a number in tables and indices, resident bytes a number, CPU us a record (the median of runs).

    `hot` where one number was in every record that was timed.
    """

    hot: bool
    numbers: int
    state_bytes: float
    resident_bytes: float
    record_us: float


class Traffic:
    """Calls, one JSON line each, at a steady pace of event time."""

    def __init__(self) -> None:
        self._count = 0
        self._random = np.random.default_rng(5)

    def _call(self, caller: int, called: int) -> bytes:
        self._count += 1
        at = BEGIN_MS + self._count // 2
        raw = (
            f'{{"kind":"call","record_id":"r{self._count}","calling":"+{caller}","called":"+{called}","start_ms":{at},'
            f'"duration_s":{self._count % 180},"ring_s":6.5,"cause":16,"imei":"35678895431{caller % 10_000:04}",'
            f'"cell":"52088-{caller % 5000}"}}'
        )
        return raw.encode()

    def once(self, begin: int, end: int) -> Iterator[bytes]:
        """Every number from one to another once, as caller or called."""
        for number in range(begin, end, 2):
            yield self._call(FIRST_IDLE + APART * number, FIRST_IDLE + APART * (number + 1))

    def among_the_active(self, count: int) -> Iterator[bytes]:
        """So many calls."""
        pairs = self._random.integers(0, ACTIVE, (count, 2)).tolist()
        return (self._call(FIRST_ACTIVE + APART * caller, FIRST_ACTIVE + APART * called) for caller, called in pairs)

    def by_one(self, count: int) -> Iterator[bytes]:
        """So many calls, all by one number, to everybody in turn."""
        return (self._call(FIRST_ACTIVE - 1, FIRST_ACTIVE + APART * (number % ACTIVE)) for number in range(count))


def steps(sizes: list[int], runs: int) -> Iterator[Step]:
    """Grow to each size, and measure there; the last step is that of the one number in every record."""
    roomy = policy_from_toml(shipped_policy().source.replace("rows = 4_000_000", "rows = 40_000_000"))
    operator = operator_from_toml('country = "TH"\n')
    replay = Replay(roomy, operator, None, NumberModel.load(FEATURES), lambda output, dead: None, feedback=False)
    traffic, held = Traffic(), 0
    _feed(replay, traffic.among_the_active(4 * TIMED))
    began_mb = resident_mb() - state_mb(replay.partition)
    for size in [*sizes, sizes[-1]]:
        hot = size == held
        _feed(replay, traffic.once(held, size))
        held = size
        among = traffic.by_one if hot else traffic.among_the_active
        times = [_feed(replay, among(TIMED)) / TIMED for _ in range(runs)]
        numbers = replay.partition.store.numbers.count
        gc.collect()
        resident = (resident_mb() - began_mb) * 1e6 / numbers
        yield Step(hot, numbers, state_mb(replay.partition) * 1e6 / numbers, resident, median(times) * 1e6)


def _feed(replay: Replay, lines: Iterator[bytes]) -> float:
    """Apply records and release all but what canonical order holds back; returns CPU seconds, the making of the lines left out."""
    spent = 0.0
    while raws := list(islice(lines, BATCH)):
        began = time.process_time()
        replay.take(Block("", range(len(raws)), raws))
        spent += time.process_time() - began
    return spent


def plot(found: list[Step], path: Path) -> None:
    """Cost of a record and bytes of a number over how many numbers are held."""
    found = [step for step in found if not step.hot]
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    one, two = figure.subplots(1, 2)
    millions = [step.numbers / 1e6 for step in found]
    one.plot(millions, [step.record_us for step in found], "o-")
    one.set(xlabel="numbers held, millions", ylabel="CPU time a record, us", xscale="log", ylim=(0, None))
    two.plot(millions, [step.resident_bytes for step in found], "o-", label="resident")
    two.plot(millions, [step.state_bytes for step in found], "o--", label="tables and indices")
    two.set(xlabel="numbers held, millions", ylabel="bytes a number", xscale="log", ylim=(0, 2048))
    two.legend()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    """Measure, print a table, draw the plot."""
    parser = argparse.ArgumentParser(prog="python -m linewatch.training.bench.size", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000, 3_000_000, 10_000_000], help="rising")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--plot", type=Path, default=Path("docs/size.svg"))
    settings = parser.parse_args()
    console = Console()
    found = []
    with console.status("growing") as status:
        for step in steps(settings.sizes, settings.runs):
            found.append(step)
            status.update(f"{step.numbers:,} numbers: {step.record_us:.1f} us a record")
    table = Table("numbers", "tables and indices, bytes each", "resident, bytes each", "CPU us a record", "throughput to the first")
    for step in found:
        figures = f"{step.state_bytes:,.0f}", f"{step.resident_bytes:,.0f}", f"{step.record_us:.1f}"
        table.add_row(
            f"{step.numbers:,}{', one of them in every record' if step.hot else ''}",
            *figures,
            f"{found[0].record_us / step.record_us:.2f}",
        )
    console.print(table)
    plot(found, settings.plot)


if __name__ == "__main__":
    main()

"""Where a record's time goes in `replay`, and what the machine could do at best.

    python -m linewatch.training.bench.limits [--records N] [--rounds N]

Stages are timed in one replay of records of `make bench`, after as many that warm it up. Limits are measured in the same run: a
pass of the JSON decoder over the same bytes that makes nothing of them, copies between arrays that no cache holds, and lines of
memory read in random order, one after the other and as many at once as the machine can.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np
from numba import njit
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from linewatch.config.operator import load_operator
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.intake.intake import Intake, IntakeResult, Part
from linewatch.stream.intake.read import AT_ONCE, read
from linewatch.stream.memory import settle
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.decode import decode_batch, kind_of
from linewatch.stream.records.files import Block
from linewatch.stream.replay import BATCH, Replay
from linewatch.training.bench.records import read_lines, records_folder
from linewatch.training.bench.timing import us_each

LINE: Final = 64
LINES: Final = 1 << 22
"""Of 64 bytes: 256 MiB, more than caches hold."""
READS: Final = 1 << 20
_RAW: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Clock:
    """CPU time by what it went to."""

    def __init__(self) -> None:
        self.us: dict[str, float] = defaultdict(float)
        self._stopped = time.process_time()

    def stop(self, stage: str) -> None:
        """What passed since the last stop goes to a stage."""
        now = time.process_time()
        self.us[stage] += 1e6 * (now - self._stopped)
        self._stopped = now


class TimedIntake(Intake):
    """Tells a clock where it begins and ends."""

    clock: Clock

    def batch(self, parts: Sequence[Part]) -> IntakeResult:
        """As `Intake.batch`."""
        self.clock.stop("lines")
        made = super().batch(parts)
        self.clock.stop("intake")
        return made


def stages(lines: Sequence[bytes], warm: int) -> dict[str, float]:
    """Replay all; microseconds of CPU by stage behind the first `warm` records: of intake for each that was read, of what comes
    behind the hold for each that was applied.
    """
    operator, text = load_operator(records_folder(lambda step: None) / "operator.toml"), TextModel.load()
    replay = Replay(shipped_policy(), operator, text, NumberModel.load(FEATURES), lambda output, dead: None)
    replay.intake = intake = TimedIntake(operator, replay.profiles.partitions, text, feedback=True)
    intake.clock = Clock()
    _feed(replay, lines[:warm], intake.clock)
    settle()
    intake.clock = clock = Clock()
    replay.partition.clock = clock.stop
    applied = _applied(replay)
    _feed(replay, lines[warm:], clock)
    counts = defaultdict(lambda: _applied(replay) - applied, dict.fromkeys(("lines", "intake"), len(lines) - warm))
    return {stage: us / counts[stage] for stage, us in clock.us.items()}


def _feed(replay: Replay, lines: Sequence[bytes], clock: Clock) -> None:
    for begin in range(0, len(lines), BATCH):
        some = list(lines[begin : begin + BATCH])
        replay.take(Block("", range(begin, begin + len(some)), some))
        clock.stop("order")


def _applied(replay: Replay) -> int:
    return sum(sum(counts) for counts in replay.partition.tally.values())


def decoding(lines: Sequence[bytes], rounds: int) -> Iterator[tuple[str, float]]:
    """A call record to a struct, to columns, and to nothing."""
    calls = [line for line in lines if kind_of(line) == "call"]
    parts = [calls[begin : begin + AT_ONCE] for begin in range(0, len(calls), AT_ONCE)]
    whole = [b"[" + b",".join(part) + b"]" for part in parts]
    yield "bytes", sum(map(len, calls)) / len(calls)
    yield "only parsed", us_each(lambda: [_RAW.decode(part) for part in whole], len(calls), rounds)
    yield "to structs", us_each(lambda: [decode_batch("call", part) for part in parts], len(calls), rounds)
    yield "to columns", us_each(lambda: [read("call", part) for part in parts], len(calls), rounds)


def memory(rounds: int) -> Iterator[tuple[str, float]]:
    """Gigabytes copied a second; nanoseconds for a line in random order, alone and among others."""
    one, other = np.zeros(LINES * LINE // 8), np.ones(LINES * LINE // 8)
    yield "copied, GB/s", 1e-3 / us_each(lambda: np.copyto(one, other), one.nbytes, rounds)
    order = np.random.default_rng(1).permutation(LINES)
    held = np.zeros((LINES, LINE // 8), np.int64)
    held[order, 0] = np.roll(order, -1)
    yield "a line after the other, ns", 1e3 * us_each(lambda: _chased(held, READS), READS, rounds)
    places = order[:READS]
    yield "lines at once, ns", 1e3 * us_each(lambda: _gathered(held, places), READS, rounds)


@njit(cache=True)
def _chased(held: NDArray[np.int64], count: int) -> int:
    place = 0
    for _ in range(count):
        place = held[place, 0]
    return place


@njit(cache=True)
def _gathered(held: NDArray[np.int64], places: NDArray[np.int64]) -> int:
    total = 0
    for place in places:
        total += held[place, 1]
    return total


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=400_000, help="timed, after as many; five minutes are held")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    console = Console(width=110, highlight=False)
    with console.status("replaying") as status:
        lines = read_lines(records_folder(lambda step: status.update(f"simulating: {step}")))[: 2 * given.records]
        found = stages(lines, len(lines) // 2)
        status.update("limits")
        decoded, limits = dict(decoding(lines[: 100 * AT_ONCE], given.rounds)), dict(memory(given.rounds))
    table = Table("stage", "us a record", "share")
    for stage, us in sorted(found.items(), key=lambda item: -item[1]):
        table.add_row(stage, f"{us:.2f}", f"{us / sum(found.values()):.0%}")
    table.add_row("together", f"{sum(found.values()):.2f}", "")
    console.print(table)
    size = decoded.pop("bytes")
    table = Table(f"a call record of {size:.0f} bytes", "us", "MB/s")
    for name, us in decoded.items():
        table.add_row(name, f"{us:.2f}", f"{size / us:,.0f}")
    console.print(table)
    table = Table("memory", "figure")
    for name, figure in limits.items():
        table.add_row(name, f"{figure:.1f}")
    console.print(table)


if __name__ == "__main__":
    main()

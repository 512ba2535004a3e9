"""Days of event time in one run, day and night: whether memory is flat once all were seen, and counts are the records' own.

The same partition code as the worker's, in one process, with no broker; every six hours of event time a row.
"""

import argparse
import gzip
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from linewatch.config.operator import load_operator
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.records.files import blocks
from linewatch.stream.replay import BATCH, Replay
from linewatch.training.bench.counted import acts_in

STEP_MS = 6 * HOUR_MS
SEED = 21


class Look(NamedTuple):
    """What there is at one moment of event time; memory in MB."""

    hour: int
    records: int
    numbers: int
    blocks: int
    episodes: int
    state_mb: float
    resident_mb: float


def look(hour: int, records: int, partition: Partition) -> Look:
    """Count."""
    store, episodes = partition.store, len(partition.decider.episodes)
    return Look(hour, records, store.numbers.count, store.blocks.count, episodes, state_mb(partition), resident_mb())


def state_mb(partition: Partition) -> float:
    """Rows, indices and what is remembered of records."""
    store = partition.store
    recents = [array.nbytes for recent in (store.duplicates, store.legs) for array in (recent.ring, recent.slots)]
    return (store.numbers.used_bytes + store.blocks.used_bytes + sum(recents)) / 1e6


def resident_mb() -> float:
    """Of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def run(folder: Path) -> tuple[list[Look], dict[int, int]]:
    """Replay them, and look every six hours; and by number how often it called or sent, as the rows have it in the end."""
    looks: list[Look] = []
    began_ms: list[int] = []
    operator, text, number = load_operator(folder / "operator.toml"), TextModel.load(), NumberModel.load(FEATURES)
    replay = Replay(shipped_policy(), operator, text, number, lambda output, dead: None)

    def at(_: int) -> None:
        now_ms = replay.partition.hold.furthest_ms
        began_ms[:] = began_ms or [now_ms]
        hour = (now_ms - began_ms[0]) // STEP_MS * 6
        if hour > (looks[-1].hour if looks else 0):
            looks.append(look(hour, replay.summary.records, replay.partition))

    replay.run_blocks(blocks([folder / "records.jsonl.gz"], BATCH), at)
    rows = replay.partition.store.numbers.rows[: replay.partition.store.numbers.count]
    return looks, dict(zip(rows["entity"].tolist(), rows["seen"].tolist(), strict=True))


def drifted(folder: Path, counted: dict[int, int]) -> tuple[int, int, int]:
    """Numbers that called or sent, as the records say; of how many a row says another count; the acts of all."""
    with gzip.open(folder / "records.jsonl.gz") as records:
        acts = acts_in(records, load_operator(folder / "operator.toml").country)
    return len(acts), sum(counted.get(entity, 0) != count for entity, count in acts.items()), sum(acts.values())


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m linewatch.training.bench.long_run", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=20_000)
    parser.add_argument("--days", type=float, default=3.0)
    settings = parser.parse_args()
    console = Console()
    with console.status("simulating") as status, tempfile.TemporaryDirectory() as made:
        simulate = ["simulate", "--out", made, "--subscribers", str(settings.subscribers), "--days", str(settings.days)]
        subprocess.run([sys.executable, "-m", "linewatch", *simulate, "--seed", str(SEED)], check=True, capture_output=True)
        status.update("replaying")
        looks, counted = run(Path(made))
        status.update("counting the records")
        numbers, apart, acts = drifted(Path(made), counted)
    table = Table("hour", "records", "numbers", "blocks", "episodes", "state, MB", "resident, MB")
    for one in looks:
        counts = (f"{count:,}" for count in (one.hour, one.records, one.numbers, one.blocks, one.episodes))
        table.add_row(*counts, f"{one.state_mb:,.1f}", f"{one.resident_mb:,.1f}")
    console.print(table)
    console.print(f"{numbers:,} numbers called or sent {acts:,} times; of {apart:,} of them the count is another one")


if __name__ == "__main__":
    main()

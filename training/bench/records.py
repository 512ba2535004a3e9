"""Records to measure on: a simulated operator with more than a million distinct numbers, kept between runs."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from linewatch.training.simulate.build import simulate, write_simulation
from linewatch.training.simulate.parameters import REPORTED

SUBSCRIBERS, DAYS, SEED = 1_100_000, 0.03, 11
BUSY = msgspec.structs.replace(REPORTED, calls_per_day=(17.0, 85.0), messages_per_day=(8.5, 76.0), lookalikes=0.1)
"""A busy hour: eight times the mean pace of ordinary subscribers. Each look-alike does what it does on a day within these
forty minutes; so a tenth of them are there, as many as would be busy at once. Campaigns stay as they are."""
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "linewatch"


def records_folder(progress: Callable[[str], None]) -> Path:
    """The folder of the simulation; made the first time."""
    folder = CACHE / f"bench-busy-{BUSY.lookalikes}-{SUBSCRIBERS}-{DAYS}-{SEED}"
    if not (folder / "complete").exists():
        write_simulation(simulate(BUSY, SUBSCRIBERS, DAYS, SEED, progress), folder)
        (folder / "complete").touch()
    return folder


def read_lines(folder: Path) -> list[bytes]:
    """The records, without their line feeds."""
    with gzip.open(folder / "records.jsonl.gz") as file:
        return file.read().splitlines()

"""Records to measure on: a simulated operator with more than a million distinct numbers, kept between runs."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

from linewatch.training.simulate.build import simulate, write_simulation
from linewatch.training.simulate.parameters import REPORTED

SUBSCRIBERS, DAYS, SEED = 1_200_000, 0.04, 11
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "linewatch"


def records_folder(progress: Callable[[str], None]) -> Path:
    """The folder of the simulation; made the first time."""
    folder = CACHE / f"bench-{SUBSCRIBERS}-{DAYS}-{SEED}"
    if not (folder / "complete").exists():
        write_simulation(simulate(REPORTED, SUBSCRIBERS, DAYS, SEED, progress), folder)
        (folder / "complete").touch()
    return folder


def read_lines(folder: Path) -> list[bytes]:
    """The records, without their line feeds."""
    with gzip.open(folder / "records.jsonl.gz") as file:
        return file.read().splitlines()

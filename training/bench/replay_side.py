"""`linewatch replay` over a file, as a process of its own."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import msgspec


class Replayed(msgspec.Struct):
    """One run: records, their rate in its own summary, CPU seconds of the whole process, and the rest of the summary."""

    records: int
    per_s: int
    cpu_s: float
    wall_s: float
    numbers: int
    scored: int
    sightings_at_least: int


def measure_replay(folder: Path, out: Path, workers: int) -> Replayed:
    """Run it once; `workers` processes."""
    command = [sys.executable, "-m", "linewatch", "replay", str(folder / "records.jsonl.gz"), "--flags", str(out)]
    command += ["--operator", str(folder / "operator.toml"), "--workers", str(workers)]
    began, before = time.monotonic(), os.times()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system

    def figure(what: str) -> int:
        found = re.search(rf"([\d,]+) {what}", done.stdout)
        if found is None:
            raise RuntimeError(f"the summary of replay says nothing of {what}: {done.stdout}")
        return int(found[1].replace(",", ""))

    records = figure("records read")
    return Replayed(
        records,
        figure("records per second"),
        cpu_s,
        time.monotonic() - began,
        figure("numbers"),
        figure("sightings scored"),
        records,
    )

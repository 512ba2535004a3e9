"""Large blocks go back to the system when they are freed, whatever was freed before."""

import subprocess
import sys

MEASURE = """
import resource
import sys
from pathlib import Path

import numpy as np

from linewatch.stream.memory import return_large

if "told" in sys.argv:
    assert return_large()


def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


for size in (5, 10, 20, 30):
    np.ones(size << 17)
begun = resident_mb()
large, small = [], []
for _ in range(20):
    large.append(np.ones(5 << 17))
    small.append(np.ones(1 << 13))
del large
print(resident_mb() - begun)
"""


def held_mb(*arguments: str) -> float:
    """What a process holds more than at first after it freed 100 MB that lay between small blocks."""
    done = subprocess.run([sys.executable, "-c", MEASURE, *arguments], capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_large_blocks_go_back_to_the_system() -> None:
    assert held_mb() > 80, "the allocator needs no telling any more"
    assert held_mb("told") < 10

"""Threads that read a struct for the first time, all at once: as a worker does that recovers several partitions."""

import subprocess
import sys

import pytest

AT_ONCE = """
import sys, threading
{read}
sys.setswitchinterval(1e-5)
start, done = threading.Barrier(6), []
def run():
    start.wait()
    read()
    done.append(True)
threads = [threading.Thread(target=run) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(done) == 6
"""
POLICY = """
from pathlib import Path
from linewatch.config import policy
text = (Path(policy.__file__).parent / "policy.toml").read_text()
read = lambda: policy.policy_from_toml(text)
"""
EPISODE = """
import msgspec
from linewatch.stream.decision.episode import Episode
read = lambda: msgspec.convert(["+66921000001", 1, 1, 1], Episode)
"""


@pytest.mark.parametrize("read", [POLICY, EPISODE])
def test_threads_that_meet_a_struct_at_once_all_read_it(read: str) -> None:
    """Without `known`, one process in two ended here with a segmentation fault over policies."""
    for _ in range(6):
        done = subprocess.run([sys.executable, "-c", AT_ONCE.format(read=read)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

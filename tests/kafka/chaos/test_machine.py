"""A machine that misbehaves: a disk on which nothing can be written, a wall clock that steps."""

import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kafka_deployment import Deployment

Check = Callable[[Deployment], None]
ROOM_BYTES = 65_536
"""For the log of the worker, and for nothing else."""
STEPS = """\
import time

_began, _true = time.monotonic(), time.time
_STEPS_S = (0.0, 3600.0, -7200.0, 90_000.0, -40.0)


def _stepping():
    return _true() + _STEPS_S[int((time.monotonic() - _began) / 3.0) % len(_STEPS_S)]


time.time = _stepping
"""


def _no_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, ROOM_BYTES))


@pytest.mark.full
def test_a_full_disk_stops_no_worker(deploy: Callable[..., Deployment], carrier: Any, assert_whole: Check) -> None:
    """No file may grow: what must last is in Kafka."""
    deployment = deploy()
    worker = deployment.start_worker(preexec_fn=_no_room).wait_ready()
    deployment.feed(carrier.records)
    assert_whole(deployment)
    worker.kill()
    deployment.start_worker(preexec_fn=_no_room).wait_ready()
    assert_whole(deployment)


@pytest.mark.full
def test_steps_of_a_workers_clock_change_nothing(
    deploy: Callable[..., Deployment], carrier: Any, tmp_path: Path, assert_whole: Check
) -> None:
    """By hours, forwards and backwards, every three seconds: time is that of records, of the broker, or of the steady clock."""
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(STEPS)
    deployment = deploy()
    worker = deployment.start_worker(env=os.environ | {"PYTHONPATH": str(tmp_path / "clock")}).wait_ready()
    deployment.feed(carrier.records, per_s=len(carrier.records) / 30.0)
    assert_whole(deployment)
    assert worker.process.poll() is None

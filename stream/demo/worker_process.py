"""The demo's worker: `linewatch worker` in a process of its own, by a configuration that is left to look at."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from linewatch.config.errors import DoesNotHold
from linewatch.stream.demo.child import Child, is_answered

READY_S = 180.0
"""A first start compiles kernels, where `make setup` has not."""

CONFIGURATION = """\
# The demo's worker. While the demo runs, `linewatch explain`, `policy`, `forget`, `requeue` work with this file.
[kafka]
bootstrap_servers = "{bootstrap}"
group = "linewatch-demo"
[topics]
partitions = {partitions}
[state]
directory = "{folder}/state"
checkpoint_s = 10
[metrics]
port = {port}
[operator]
file = "{folder}/operator.toml"
"""


class DemoFailed(DoesNotHold):
    """A part of the demo ended by itself: a bug, whose log is named."""


class WorkerProcess:
    """One worker; its log is beside its configuration."""

    def __init__(self, config: Path, port: int) -> None:
        self._ready = f"http://127.0.0.1:{port}/readyz"
        self.metrics = f"http://127.0.0.1:{port}/metrics"
        command = [sys.executable, "-m", "linewatch", "worker", "--config", str(config)]
        self.child = Child("worker", command, config.with_name("worker.log"))

    def is_ready(self) -> bool:
        """Whether `/readyz` says so."""
        return is_answered(self._ready)

    def wait(self, meanwhile: Callable[[], bool]) -> None:
        """Return when it is ready, or when `meanwhile`, called a few times a second, says to stop."""
        ends = time.monotonic() + READY_S
        while not self.is_ready():
            self.check()
            if time.monotonic() > ends:
                raise DemoFailed(f"the demo's worker was not ready after {READY_S:.0f} s; see {self.child.log}")
            if meanwhile():
                return

    def check(self) -> None:
        """Raises DemoFailed when it has ended."""
        if (status := self.child.ended()) is not None:
            raise DemoFailed(f"the demo's worker ended with status {status}; see {self.child.log}")

"""A process that the demo starts and takes down with it, whatever ends the demo."""

import ctypes
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path

STOP_S = 20.0
_PR_SET_PDEATHSIG = 1  # prctl(2)
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def _end_with_parent() -> None:
    """In the child: let the kernel send SIGTERM when the parent dies, even by SIGKILL."""
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, signal.SIGTERM)


def is_answered(address: str) -> bool:
    """Whether a server on this machine says 200 there, within a second."""
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:  # of which urllib's own errors are a kind
        return False


class Child:
    """One process with its output in a file; deaf to the terminal's Ctrl-C, so that the demo decides the order."""

    def __init__(self, name: str, command: Sequence[str | Path], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [os.fspath(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  # a system call, and nothing that a thread could hold
            )

    def ended(self) -> int | None:
        """The exit status, None while it runs."""
        return self._process.poll()

    def stop(self, at_once: bool = False) -> None:
        """End it in good order, or after `STOP_S` or `at_once` by force; returns when it is gone."""
        if self._process.poll() is None:
            (self._process.kill if at_once else self._process.terminate)()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

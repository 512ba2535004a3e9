"""A copy on disk of what intake remembers, so that a restart of the worker does not forget it.

Nothing is computed anew from it: flags are a function of the log, and what these memories add is in there. So a copy that is
missing, broken or of another version costs no more than what it knew; the worker says so and begins anew.
"""

import asyncio
import fcntl
import logging
import os
import time
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import zstandard

from linewatch.stream.intake.intake import Intake

_LEVEL: Final = 1
log = logging.getLogger("linewatch")


def memory_file_in(folder: Path) -> "MemoryFile | None":
    """That of a worker, None where the folder cannot be written to."""
    try:
        return MemoryFile(folder)
    except OSError as error:
        log.warning("what intake remembers is not kept over a restart, [state] directory cannot be written to: %s", error)
        return None


class MemoryFile:
    """The first copy in a folder that no other worker of this machine has; nobody but its owner can read it."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError."""
        for number in count():
            lock = (folder / f"intake-{number}.lock").open("wb")
            if _is_ours(lock):
                break
            lock.close()
        self.path = folder / f"intake-{number}.memory"
        self._lock = lock  # until the process ends
        self._copied_s = time.monotonic()

    def load(self, intake: Intake) -> None:
        """Have an intake that is new remember what the copy has."""
        if not self.path.exists():
            return
        try:
            intake.recall(msgspec.msgpack.decode(zstandard.decompress(self.path.read_bytes())))
        except Exception as error:  # whatever is wrong with it: it is worth no more than beginning anew
            log.warning("what intake remembered in %s cannot be read (%s): it begins anew", self.path, error)

    async def keep(self, intake: Intake, every_s: float) -> None:
        """Copy what it remembers if the last copy is so old; what cannot be written is tried again when the next is due."""
        if intake.memories is None or time.monotonic() - self._copied_s < every_s:
            return
        self._copied_s = time.monotonic()
        try:
            await asyncio.to_thread(self._write, intake.memories.state())
        except OSError as error:
            log.warning("what intake remembers cannot be copied: %s", error)

    def _write(self, state: dict[str, Any]) -> None:
        """In place of the copy before, whole or not at all."""
        packed = zstandard.ZstdCompressor(_LEVEL, write_checksum=True).compress(msgspec.msgpack.encode(state))
        made = self.path.with_suffix(".new")
        try:
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(packed)
                file.flush()
                os.fsync(file.fileno())
            made.replace(self.path)
        finally:
            made.unlink(missing_ok=True)


def _is_ours(lock: BinaryIO) -> bool:
    """Whether it is held by us from here on."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

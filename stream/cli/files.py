"""The files that commands read and write, looked at before the work begins: a call that is refused by then changes none of them."""

import errno
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISDIR, S_ISFIFO, S_ISREG
from typing import IO, Any, Final

from linewatch.config.errors import UnusableInput

_MEND: Final = {
    errno.ENOENT: "check that its folder exists",
    errno.ENOTDIR: "check that its folder exists",
    errno.EISDIR: "name a file in it",
    errno.EEXIST: "name a folder",
    errno.ENOSPC: "make room or name another place",
    errno.EDQUOT: "make room or name another place",
    errno.EPIPE: "let its reader read to the end",
}


def check_files(paths: Iterable[Path], again: bool = False) -> None:
    """Every file is there and may be read; where they are read `again`, none is a pipe. Raises UnusableInput."""
    for path in paths:
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            raise UnusableInput(f"{path} is not there; check the path") from None
        except OSError as error:
            raise UnusableInput(f"{path} cannot be read: {error.strerror}; check the path") from None
        if S_ISDIR(mode):
            raise UnusableInput(f"{path} is a folder; name the files in it")
        if not os.access(path, os.R_OK):
            raise UnusableInput(f"{path} may not be read; check who owns it")
        if again and S_ISFIFO(mode):
            raise UnusableInput(f"{path} is a pipe, and records are read twice here; write them to a file first")


def check_outputs(outputs: Mapping[str, Path | None], inputs: Iterable[Path | None] = ()) -> None:
    """Outputs, by the option that names each, can be written, and none is an input or another output. Raises UnusableInput."""
    read = {_identity(path) for path in inputs if path is not None}
    written: dict[Any, str] = {}
    for option, path in outputs.items():
        if path is None:
            continue
        if (place := _identity(path)) is not None:
            if place in read:
                raise UnusableInput(f"{option} {path} would write over a file that is read; name another file")
            if place in written:
                raise UnusableInput(f"{written[place]} and {option} both name {path}; name a file for each")
            written[place] = option
        _check_writable(path)


def _identity(path: Path) -> Any:
    """What all names of one file have in common; None for a device or a folder, where nothing can be written over."""
    if path.is_relative_to("/dev"):
        return None
    try:
        found = path.stat()
    except OSError:
        return os.path.realpath(path)
    return (found.st_dev, found.st_ino) if S_ISREG(found.st_mode) or S_ISFIFO(found.st_mode) else None


def _check_writable(path: Path) -> None:
    """By opening it to append. A pipe is left alone: its reader would see an end."""
    place = Path(os.path.realpath(path))  # of a link to what is not there yet, that
    there = place.exists()
    try:
        if there and S_ISFIFO(place.stat().st_mode):
            return
        place.open("ab").close()
        if not there:
            place.unlink()
    except OSError as error:
        raise unwritable(path, error) from None


def make_folder(path: Path) -> None:
    """The folder is there and files can be made in it; raises UnusableInput."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise unwritable(path, error) from None


@contextmanager
def filling(path: Path) -> Iterator[None]:
    """While files are written to a folder; raises UnusableInput where one cannot be."""
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from None


def create(path: Path) -> IO[bytes]:
    """Open a file to write; raises UnusableInput now or later, when it cannot be written."""
    try:
        return io.BufferedWriter(_Raw(path, "wb"), 1 << 16)
    except OSError as error:
        raise unwritable(path, error) from None


class _Raw(io.FileIO):
    """A file that says in one line why it takes no more."""

    def write(self, data: Any) -> Any:
        """As of a file."""
        try:
            return super().write(data)
        except OSError as error:
            raise unwritable(self.name, error) from None


def unwritable(path: Any, error: OSError) -> UnusableInput:
    """That a place cannot be written, why, and what to do."""
    mend = _MEND.get(error.errno or 0, "name a place where you may write")
    return UnusableInput(f"{path} cannot be written: {error.strerror}; {mend}")

"""What commands write to: the console of their tables, the bar of records read, files; and that what they read is there."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from linewatch.config.errors import UnusableInput

WIDTH = 120


def console() -> Console:
    """Standard output; wide where it is no terminal, so that a table in a file is not cut."""
    return Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, markup=False)


def record_bar() -> Progress:
    """Records read, on standard error, gone when it ends."""
    columns = (TextColumn("{task.completed:,} records"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)


def create(path: Path) -> IO[bytes]:
    """Open a file to write, or say in one line why not."""
    try:
        return path.open("wb")
    except OSError as error:
        raise UnusableInput(f"{path} cannot be written: {error.strerror}; check that its folder exists") from None


def check_files(paths: Iterable[Path]) -> None:
    """Every file is there."""
    for path in paths:
        if not path.is_file():
            raise UnusableInput(f"{path} is not there; check the path")

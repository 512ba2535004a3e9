"""The console that commands print their tables to."""

import sys

from rich.console import Console

WIDTH = 120


def console() -> Console:
    """Standard output; wide where it is no terminal, so that a table in a file is not cut."""
    return Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, markup=False)

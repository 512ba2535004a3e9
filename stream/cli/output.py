"""What commands share: the console of their tables, bars, Ctrl-C; an option with or without brokers."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
from typer.core import TyperCommand

WIDTH = 120


class OptionalBrokers(TyperCommand):
    """`--log` with an option or nothing behind it means the brokers that `--config` names."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for place in [index for index, word in enumerate(args) if word == "--log"]:
            if place + 1 == len(args) or args[place + 1].startswith("-"):
                args = [*args[:place], "--log=", *args[place + 1 :]]
        return super().parse_args(ctx, args)


def console() -> Console:
    """Standard output; wide where it is no terminal, so that a table in a file is not cut."""
    return Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, markup=False)


def bar_of(*columns: ProgressColumn) -> Progress:
    """A bar on standard error, where that is a terminal; gone when it ends."""
    errors = Console(stderr=True)
    return Progress(*columns, console=errors, transient=True, refresh_per_second=4, disable=not errors.is_terminal)


@contextmanager
def record_progress() -> Iterator[Callable[[int], None]]:
    """Records read, on standard error, gone when it ends; yields what to tell it by. Ctrl-C ends the reading between batches."""
    columns = (TextColumn("{task.completed:,} records"), BarColumn(), TimeElapsedColumn())
    with bar_of(*columns) as bar, _ctrl_c() as pressed:
        task = bar.add_task("records", total=None)

        def tell(count: int) -> None:
            bar.update(task, advance=count)
            _stop_if(pressed)

        yield tell


@contextmanager
def log_bar() -> Iterator[Callable[[int, int], None]]:
    """Messages of the log read, of how many, on standard error, gone when it ends; yields what to tell it by."""
    columns = (TextColumn("{task.completed:,} of {task.total:,} messages of the log"), BarColumn(), TimeElapsedColumn())
    with bar_of(*columns) as bar, _ctrl_c() as pressed:
        task = bar.add_task("log", total=0)

        def tell(read: int, total: int) -> None:
            bar.update(task, completed=read, total=total)
            _stop_if(pressed)

        yield tell


@contextmanager
def _ctrl_c() -> Iterator[Event]:
    """Whether Ctrl-C was pressed, to be asked between batches: an interrupt within compiled code may get lost. Twice is at once."""
    pressed = Event()

    def note(number: int, frame: Any) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _stop_if(pressed: Event) -> None:
    """End as Ctrl-C does where it was pressed."""
    if pressed.is_set():
        raise KeyboardInterrupt

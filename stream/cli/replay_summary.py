"""What a replay tells at its end: what was read, what was no record, flags by type."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from linewatch.stream.cli.output import console


def show(summary: Any, reasons: Mapping[str, int], dead_letters_kept: bool) -> None:
    """Of files; `reasons` counts dead letters."""
    out = console()
    rate = summary.records / max(summary.seconds, 1e-9)
    out.print(
        f"{summary.records} records read, {summary.duplicates} duplicates, {summary.late} late, "
        f"{summary.dead_letters} dead letters, {summary.numbers} numbers, {summary.scored} sightings scored, "
        f"{rate:.0f} records per second",
        soft_wrap=True,
    )
    if not summary.records:
        out.print("no line is a record; see that these are the right files" if reasons else "there are no records in these files")
    if reasons:
        counted = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        hint = "" if dead_letters_kept else "; --dead-letters OUT keeps the lines"
        out.print(f"dead letters by reason: {counted}{hint}", soft_wrap=True)
    if summary.inferred:
        out.print(f"inferred, for want of an operator file: {summary.inferred}", soft_wrap=True)
    _show_flags(out, summary.flags)


def show_log(released: int, scored: int, flags: Mapping[str, int], seconds: float) -> None:
    """Of a log: sightings that came to count, and how many of them were scored."""
    out = console()
    rate = released / max(seconds, 1e-9)
    told = f"{released} sightings read, {scored} scored, {sum(flags.values())} flags, {rate:.0f} sightings per second"
    out.print(told, soft_wrap=True)
    _show_flags(out, dict(sorted(flags.items())))


def _show_flags(out: Console, flags: Mapping[str, int]) -> None:
    """By fraud type and action, as `Summary.flags` has them."""
    table = Table("fraud type", "action", "flags")
    for key, count in flags.items():
        table.add_row(*key.split(" "), str(count))
    if flags:
        out.print(table)

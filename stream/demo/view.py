"""The demo's board in a terminal."""

from datetime import UTC, datetime
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from linewatch.stream.demo.board import ACTIONS, LAST, Board

CAUTION = "The embedded broker is for looking only: all in memory, and no proof of anything about Kafka."
FIXED_LINES: Final = 20
"""What the view takes besides the last flags, with five fraud types."""
WIDTHS: Final = (19, 16, 10, 6, 5, None)
_COLOURS = {"watch": "yellow", "review": "dark_orange", "block": "red", "clear": "green"}


def at(time_ms: int) -> str:
    """A time for people, in UTC."""
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def view(board: Board, height: int = 50) -> RenderableType:
    """All of the board, with as many of the last flags as a terminal of so many lines can show."""
    last = max(3, min(LAST, height - FIXED_LINES))
    return Panel(
        Group(_head(board), _by_type(board), _last(board, last), _foot(board)),
        title="linewatch demo",
        subtitle="Ctrl-C ends it",
    )


def _head(board: Board) -> Text:
    clock = f"simulated {at(board.clock_ms)}" if board.clock_ms else ""
    counts = f"{board.worked_off:,} records   {board.per_second:,.0f} a second   {len(board.flags)} flags   "
    return Text.assemble((counts, "bold"), f"{board.verdicts} verdicts   {clock}\n", f"metrics: {board.metrics}\n", board.said)


def _table(*columns: str) -> Table:
    return Table(*columns, box=SIMPLE_HEAD, expand=True, pad_edge=False)


def _by_type(board: Board) -> Table:
    table = _table("flags by type", *ACTIONS)
    for fraud_type, counts in sorted(board.by_type.items()):
        table.add_row(fraud_type, *(str(counts[action] or "") for action in ACTIONS))
    if not board.by_type:
        table.add_row("none yet")
    return table


def _last(board: Board, count: int) -> Table:
    table = _table("flagged at (UTC)", "number", "fraud type", "action", "score", "first reason")
    for column, width in zip(table.columns, WIDTHS, strict=True):
        column.no_wrap, column.width, column.ratio = True, width, None if width else 1
    for flag in list(reversed(board.last))[:count]:
        table.add_row(*_cells(flag))
    return table


def _cells(flag: dict[str, Any]) -> tuple[RenderableType, ...]:
    action = Text(flag["action"], style=_COLOURS[flag["action"]])
    first = flag["reasons"][0]
    reason = Text(f"{first['text']} ({first['code']} {first['value']:.3g})", overflow="ellipsis")
    return at(flag["flagged_ms"]), Text(flag["number"]), flag["fraud_type"], action, f"{flag['score']:.2f}", reason


def _foot(board: Board) -> Text:
    command = f"in another terminal: linewatch explain NUMBER --config {board.folder}/worker.toml\n"
    return Text.assemble(command, (CAUTION, "italic"))

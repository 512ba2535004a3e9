"""The demo's board in a terminal."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from linewatch.stream.demo.board import ACTIONS, LAST, Board

CAUTION = "The embedded broker is for looking only: it keeps everything in memory and proves nothing about Apache Kafka."
_COLOURS = {"watch": "yellow", "review": "dark_orange", "block": "red", "clear": "green"}


def at(time_ms: int) -> str:
    """A time for people, in UTC."""
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def view(board: Board) -> RenderableType:
    """All of the board."""
    return Panel(
        Group(_head(board), Text(), _by_type(board), Text(), _last(board), Text(), _foot(board)),
        title="linewatch demo",
        subtitle="Ctrl-C ends it",
    )


def _head(board: Board) -> Text:
    clock = f"simulated time {at(board.clock_ms)} UTC" if board.clock_ms else ""
    counts = f"{board.worked_off:,} records   {board.per_second:,.0f} records/s   {len(board.flags)} flags   "
    return Text.assemble((counts, "bold"), f"{board.verdicts} verdicts   {clock}\n", (board.said, "dim"))


def _by_type(board: Board) -> Table:
    table = Table("fraud type", *ACTIONS, title="flags by type", title_justify="left", expand=True)
    for fraud_type, counts in sorted(board.by_type.items()):
        table.add_row(fraud_type, *(str(counts[action] or "") for action in ACTIONS))
    if not board.by_type:
        table.add_row("none yet")
    return table


def _last(board: Board) -> Table:
    columns = ("flagged at", "number", "fraud type", "action", "score", "first reason")
    table = Table(*columns, title=f"the last {LAST}", title_justify="left", expand=True)
    for flag in reversed(board.last):
        table.add_row(*_cells(flag))
    return table


def _cells(flag: dict[str, Any]) -> tuple[RenderableType, ...]:
    action = Text(flag["action"], style=_COLOURS[flag["action"]])
    first = flag["reasons"][0]
    reason = Text(f"{first['text']} ({first['code']} {first['value']:.3g})")
    return at(flag["flagged_ms"]), Text(flag["number"]), flag["fraud_type"], action, f"{flag['score']:.2f}", reason


def _foot(board: Board) -> Text:
    config = f"--config {board.folder}/worker.toml"
    return Text.assemble(
        f"metrics: {board.metrics}\n",
        f"in another terminal: linewatch explain NUMBER {config}\n",
        f"                     linewatch policy show {config}\n",
        (CAUTION, "italic"),
    )

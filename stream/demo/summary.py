"""What the demo says at its end: the flags against what the simulator knows."""

from typing import Any

from rich.console import Console
from rich.table import Table

from linewatch.stream.demo.board import Board
from linewatch.stream.demo.carrier import Traffic
from linewatch.training.evaluate.measure import Measure, evaluate


def measures(board: Board, traffic: Traffic) -> list[Measure]:
    """By fraud type; of the fraud only what had begun by the simulated time that was reached."""
    begun = [line for line in traffic.labels if line["first_ms"] <= board.clock_ms]
    return evaluate(board.flags, begun, [*traffic.related, *_later(traffic, board.clock_ms)], board.worked_off)


def _later(traffic: Traffic, clock_ms: int) -> list[dict[str, Any]]:
    return [line for line in traffic.labels if line["first_ms"] > clock_ms]


def show(console: Console, board: Board, traffic: Traffic) -> None:
    """Records, flags, precision and recall; where the flags are."""
    first = "none was flagged" if board.first_flag_s is None else f"the first {board.first_flag_s:.1f} s after the worker was ready"
    console.print(f"{board.worked_off} records, {len(board.flags)} flags ({first}), {board.verdicts} verdicts", soft_wrap=True)
    table = Table("fraud type", "numbers", "found", "recall", "precision", "false", "review", "block")
    for one in measures(board, traffic):
        false = [str(one.false_numbers[action]) for action in ("watch", "review", "block")]
        table.add_row(one.fraud_type, str(one.truth), str(one.found), _share(one.recall), _share(one.precision), *false)
    console.print(table)
    console.print(f"flags: {board.folder}/flags.jsonl", soft_wrap=True)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"

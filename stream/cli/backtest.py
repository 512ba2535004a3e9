"""`linewatch backtest`: what policies make of the same records, before one of them is pushed."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from linewatch.config.errors import UnusableInput
from linewatch.stream.cli.output import check_files, console, create, record_bar

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def command(
    files: Annotated[list[Path], typer.Argument(help="Records: .jsonl, .jsonl.gz, .jsonl.zst.")],
    policy: Annotated[list[Path] | None, typer.Option(help="Once or twice; the shipped policy without it.")] = None,
    operator: Annotated[Path | None, typer.Option(help="Who the operator is: operator.toml.")] = None,
    labels: Annotated[Path | None, typer.Option(help="labels.jsonl: the fraudulent numbers, for precision and recall.")] = None,
    related: Annotated[Path | None, typer.Option(help="related.jsonl: numbers that are neither right nor wrong.")] = None,
    json: Annotated[Path | None, typer.Option(help="Where all of it goes as JSON.")] = None,
    html: Annotated[Path | None, typer.Option(help="Where the report goes, one file with plots.")] = None,
) -> None:
    """Score records once, decide by one policy or by two, and show what the second changes; online models stay frozen."""
    from linewatch.config.policy import load_policy, shipped_policy
    from linewatch.stream.backtest.compare import report_of
    from linewatch.training.evaluate.measure import read_lines

    given = policy or []
    if len(given) > 2:
        raise UnusableInput("more than two policies were named; give --policy once or twice")
    result = run_over(files, [load_policy(path) for path in given] or [shipped_policy()], operator)
    truth, neither = read_lines(labels) if labels else None, read_lines(related) if related else []
    report = report_of(result, truth, neither)
    _show(report, result.seconds)
    if json:
        with create(json) as file:
            file.write(msgspec.json.encode(report))
    if html:
        from linewatch.stream.backtest.page import page_of

        with create(html) as file:
            file.write(page_of(result, report, truth, neither).encode())


def run_over(files: list[Path], policies: list[Any], operator: Path | None) -> Any:
    """A backtest of policies over files, with a bar."""
    from linewatch.config.operator import load_operator
    from linewatch.models.pretrained.number import NumberModel
    from linewatch.models.pretrained.text import TextModel
    from linewatch.stream.backtest.run import backtest
    from linewatch.stream.garbage import settle
    from linewatch.stream.profiles.features import FEATURES
    from linewatch.stream.records.files import blocks
    from linewatch.stream.replay import BATCH

    check_files(files)
    who, text, number = load_operator(operator), TextModel.load(), NumberModel.load(FEATURES)
    settle()
    with record_bar() as bar:
        task = bar.add_task("records", total=None)
        return backtest(policies, who, text, number, lambda: blocks(files, BATCH), lambda count: bar.update(task, advance=count))


def _show(report: Any, seconds: float) -> None:
    out = console()
    out.print(f"{report.records:,} records, {report.days:.2f} days with records, {seconds:.1f} s", soft_wrap=True)
    if report.folded_apart:
        out.print(f"the policies differ in {', '.join(report.folded_apart)}: each took a pass of its own", soft_wrap=True)
    out.print(_flagged(report))
    if report.sides[0].accuracy:
        out.print(_accuracy(report))
    if len(report.sides) > 1:
        out.print(_changed(report))


def _flagged(report: Any) -> Table:
    from linewatch.stream.backtest.compare import LEVELS

    table = Table("numbers that ever came to", *(f"{level}{mark}" for mark in _marks(report) for level in LEVELS))
    for fraud_type in report.sides[0].flagged:
        table.add_row(fraud_type, *(str(side.flagged[fraud_type][level]) for side in report.sides for level in LEVELS))
    table.add_section()
    table.add_row("a day, all types", *(f"{side.alerts_a_day[level]:.1f}" for side in report.sides for level in LEVELS))
    table.caption = "   ".join(f"policy{mark}: {side.policy}" for mark, side in zip(_marks(report), report.sides, strict=True))
    return table


def _marks(report: Any) -> list[str]:
    return [""] if len(report.sides) == 1 else [" A", " B"]


def _accuracy(report: Any) -> Table:
    table = Table("fraud type", "from", *(f"{what}{mark}" for mark in _marks(report) for what in ("precision", "recall", "after")))
    for rows in zip(*(side.accuracy for side in report.sides), strict=False):
        cells = [cell for one in rows for cell in (_share(one.precision), _share(one.recall), _minutes(one.detect_s))]
        table.add_row(rows[0].fraud_type, rows[0].least, *cells)
    return table


def _share(share: Any) -> str:
    return "" if share.value is None else f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})"


def _minutes(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 60:.1f} min"


def _changed(report: Any) -> Table:
    """By fraud type and segment how many numbers B gains, loses, raises and lowers."""
    kinds = ("gained", "lost", "raised", "lowered")
    counts = Counter((one.fraud_type, one.segment, one.change) for one in report.changes)
    table = Table("what B changes", "segment", *kinds)
    for fraud_type, segment in sorted({key[:2] for key in counts}):
        table.add_row(fraud_type, segment, *(str(counts[fraud_type, segment, kind]) for kind in kinds))
    if not counts:
        table.add_row("nothing", "", *("" for _ in kinds))
    return table

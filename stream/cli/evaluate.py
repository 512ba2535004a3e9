"""`linewatch evaluate`: flags against the truth, by fraud type."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from linewatch.config.errors import UnusableInput
from linewatch.stream.cli.files import check_files, check_outputs, create
from linewatch.stream.cli.output import console

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def command(
    flags: Annotated[Path, typer.Option(help="Flags, one JSON line each.")],
    labels: Annotated[Path, typer.Option(help="labels.jsonl: the fraudulent numbers.")],
    records: Annotated[Path, typer.Option(help="The records that were scored; they are counted.")],
    related: Annotated[Path | None, typer.Option(help="related.jsonl: numbers that are neither right nor wrong.")] = None,
    json: Annotated[Path | None, typer.Option(help="The same figures as JSON.")] = None,
    baseline: Annotated[bool, typer.Option("--baseline", help="Beside them a random forest over plain aggregates.")] = False,
) -> None:
    """Precision, recall, time to detect and false alarms per million records, by fraud type."""
    from linewatch.training.evaluate.measure import Flagged, Label, Related, count_lines, evaluate, read_lines

    check_files([flags, labels, *([related] if related else [])])
    check_files([records], again=baseline)
    check_outputs({"--json": json}, [flags, labels, records, related])
    truth = read_lines(labels, Label)
    flagged, beside = read_lines(flags, Flagged), read_lines(related, Related) if related else []
    count = count_lines(records)
    if not count:
        raise UnusableInput(
            f"{records} has no records in it, and there is no rate of false alarms without; name those that were scored"
        )
    measures = evaluate(flagged, truth, beside, count)
    table = Table("fraud type", "numbers", "recall", "precision", "detected after", "false/M watch", "review", "block")
    for m in measures:
        rates = [f"{m.false_per_million[action]:.1f}" for action in ("watch", "review", "block")]
        wait = "" if m.detect_s is None else f"{m.detect_s / 60:.1f} min"
        table.add_row(m.fraud_type, str(m.truth), _share(m.recall), _share(m.precision), wait, *rates)
    out = console()
    out.print(f"{count} records")
    out.print(table)
    if json:
        with create(json) as file:
            file.write(msgspec.json.encode(measures))
    if baseline:
        _show_baseline(out, records, truth)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _show_baseline(out: Console, records: Path, truth: list[dict[str, object]]) -> None:
    from linewatch.training.evaluate.baseline import baseline

    table = Table("a random forest over plain aggregates", "ROC AUC", "average precision")
    for fraud_type, reached in baseline(records, truth).items():
        table.add_row(fraud_type, f"{reached.auc:.3f}", f"{reached.average_precision:.3f}")
        for form, precision in reached.forms.items():
            table.add_row(f"  {form.replace('_', ' ')}", "", f"{precision:.3f}")
    out.print(table)

"""`linewatch report`: how right the flags of some days were, and what has moved."""

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP = """Show how right the flags of the last days were, by what verdicts say, and how features and scores have moved.

Precision is told by detector, action, first reason, segment, policy, model and day, corrected for what was never reviewed:
within a fraud type and a range of scores, reviewed flags stand for all, each weighed by the inverse of the share that was
reviewed; intervals of 95 %. Where nobody reviewed anything of a range, it says nothing, and `covered` tells how much is left.

Drift holds the last day against those before it, by Kolmogorov-Smirnov tests of scipy; features are those of the rows that the
learner was sent, so there are none with `[order] feedback = false`. Days are event time, up to the youngest flag.

Example: linewatch report --days 7 --config config/worker.toml --html report.html
"""


@app.command(help=HELP)
def command(
    config: Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")],
    days: Annotated[float, typer.Option(min=0.1, help="How many.")] = 7.0,
    html: Annotated[Path | None, typer.Option(help="Where the page goes, one file with plots.")] = None,
    json: Annotated[Path | None, typer.Option(help="Where all of it goes as JSON.")] = None,
) -> None:
    """Show how right the flags were."""
    import msgspec

    from linewatch.config.errors import DoesNotHold
    from linewatch.config.operator import operator_from_toml
    from linewatch.config.policy import policy_from_toml
    from linewatch.config.worker import load_worker_config
    from linewatch.stream.cli.files import check_outputs, create
    from linewatch.stream.cli.open_flags import verdicts_of
    from linewatch.stream.cli.output import console
    from linewatch.stream.intake.numbers import NumberPlans
    from linewatch.stream.report.report import report_of
    from linewatch.stream.report.topics import flags_of, ordinary_rows
    from linewatch.stream.shell import push
    from linewatch.stream.shell.admin import answering, check_topics

    check_outputs({"--json": json, "--html": html}, [config])
    settings = load_worker_config(config)
    check_topics(settings)
    with answering(settings):
        held = push.standing(settings)
        if not {"policy", "operator"} <= held.keys():
            raise DoesNotHold("no worker has started on these topics yet; start one with `linewatch worker`")
        policy = policy_from_toml(held["policy"].payload.decode())
        plans = NumberPlans(operator_from_toml(held["operator"].payload.decode()).country)
        report = report_of(flags_of(settings), verdicts_of(settings), ordinary_rows(settings), policy, plans, days)
    out = console()
    out.print(f"{report.episodes:,} episodes flagged in {days:g} days, {report.reviewed:,} reviewed; policy {report.policy}")
    if report.episodes:
        out.print(precision_table(report))
    for title, shifts in (("scores of flags", report.scores), ("features", report.features)):
        moved = [shift for shift in shifts if shift.drifts]
        told = f"{len(moved)} of {len(shifts)} drift" if shifts else "too few to compare"
        out.print(f"{title}: {told}")
        if moved:
            out.print(drift_table(moved))
    if json is not None:
        with create(json) as file:
            file.write(msgspec.json.encode(report))
    if html is not None:
        with create(html) as file:
            file.write(_page(report))


def _page(report: Any) -> bytes:
    from linewatch.stream.report.page import page_of

    return page_of(report).encode()


def precision_table(report: Any) -> Any:
    """A line for each group."""
    from rich.table import Table

    table = Table("by", "group", "episodes", "reviewed", "fraud", "as reviewed", "corrected", "95 %", "covered")
    last = None
    for one in report.precision:
        if one.by != last:
            table.add_section()
        known = ("", "", "")
        if one.estimate is not None:
            known = (f"{one.reviewed_share:.2f}", f"{one.estimate:.2f}", f"{one.low:.2f} to {one.high:.2f}")
        by = one.by if one.by != last else ""
        table.add_row(by, one.group, str(one.episodes), str(one.reviewed), str(one.fraud), *known, f"{one.covered:.0%}")
        last = one.by
    return table


def drift_table(shifts: list[Any]) -> Any:
    """A line for each that drifts, the farthest first."""
    from rich.table import Table

    table = Table("what drifts", "median before", "of late", "rows before", "of late", "distance", "p, adjusted")
    for one in shifts[:20]:
        medians = (f"{one.before:.4g}", f"{one.recent:.4g}")
        rows = (str(one.rows_before), str(one.rows_recent))
        table.add_row(one.name, *medians, *rows, f"{one.distance:.3f}", f"{one.p_value:.2g}")
    return table

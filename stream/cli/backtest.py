"""`linewatch backtest`: what policies make of the same records, before one of them is pushed."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from linewatch.config.errors import UnusableInput
from linewatch.stream.cli.files import check_files, check_outputs, create
from linewatch.stream.cli.output import OptionalBrokers, console, log_bar, record_progress
from linewatch.stream.event_time import HOUR_MS

app = typer.Typer(add_completion=False, rich_markup_mode=None)


HELP = """Score records once, decide by one policy or by two, and show what the second changes.

Of files, online models stay frozen. With --log the records are a worker's sightings, and each snapshot of the online models
counts from where it stands in the log; before the first one of the --hours there are none. A single --policy is then held
against the one in force, and flags against the verdicts on the topic, where there are some.

Precision and recall stand beside 95 % intervals by Wilson where --labels or verdicts are given: by labels of all frauds, by
verdicts of the numbers that were judged, which are no sample of all.

Example: linewatch backtest records.jsonl.gz --policy config/policy.toml --policy next.toml --html report.html

Example: linewatch backtest --log --config config/worker.toml --policy next.toml --hours 24
"""


@app.command(cls=OptionalBrokers, help=HELP)
def command(
    files: Annotated[list[Path] | None, typer.Argument(help="Records: .jsonl, .jsonl.gz, .jsonl.zst.")] = None,
    policy: Annotated[list[Path] | None, typer.Option(help="Once or twice; the shipped policy without it.")] = None,
    operator: Annotated[
        Path | None, typer.Option(help="Who the operator is: operator.toml; with --log it stands in the log.")
    ] = None,
    log: Annotated[str | None, typer.Option(help="A worker's sightings: its brokers, or nothing with --config.")] = None,
    config: Annotated[Path | None, typer.Option(help="With --log: the worker's configuration.")] = None,
    hours: Annotated[
        float | None, typer.Option(min=0.1, help="With --log: so many hours up to now, begun with nothing known.")
    ] = None,
    models: Annotated[Path | None, typer.Option(help="Number models that a policy names; with --log as [models] says.")] = None,
    labels: Annotated[Path | None, typer.Option(help="labels.jsonl: the fraudulent numbers, for precision and recall.")] = None,
    related: Annotated[Path | None, typer.Option(help="related.jsonl: numbers that are neither right nor wrong.")] = None,
    verdicts: Annotated[Path | None, typer.Option(help="Verdicts, one JSON line each, for precision and recall.")] = None,
    json: Annotated[Path | None, typer.Option(help="Where all of it goes as JSON.")] = None,
    html: Annotated[Path | None, typer.Option(help="Where the report goes, one file with plots.")] = None,
) -> None:
    """Show what policies make of the same records."""
    from linewatch.config.policy import shipped_policy
    from linewatch.stream.backtest.compare import Truth, report_of
    from linewatch.stream.backtest.truth import judged_by
    from linewatch.stream.decision.policy_file import policy_of_file
    from linewatch.training.evaluate.measure import Judged, Label, Related, read_lines

    given = policy or []
    if len(given) > 2:
        raise UnusableInput("more than two policies were named; give --policy once or twice")
    if labels is not None and verdicts is not None:
        raise UnusableInput("precision is held against one truth: give --labels or --verdicts")
    if log is not None and files:
        raise UnusableInput("give record files or --log, one of the two")
    if log is None and not files:
        raise UnusableInput("no file was named; give one or more record files, or --log BROKERS")
    if log is None and (hours is not None or config is not None):
        raise UnusableInput("--hours and --config go with --log alone: they are about a worker's log; leave them out")
    check_outputs({"--json": json, "--html": html}, [*(files or ()), *given, operator, config, labels, related, verdicts])
    truth = Truth(read_lines(labels, Label) if labels else None, read_lines(related, Related) if related else [])
    judged = read_lines(verdicts, Judged) if verdicts else []
    policies = [policy_of_file(path) for path in given]
    if log is not None:
        result, said = _over_log(log, config, policies, hours)
        if not result.records:
            raise UnusableInput(
                "there are no records in the log, or none of these hours, and nothing to compare; ask for more --hours"
            )
    else:
        result, said = run_over(files or [], policies or [shipped_policy()], operator, models), []
    if truth.labels is None and (verdicts or said):
        truth.judged = judged_by(judged if verdicts else said, result.country)
    report = report_of(result, truth)
    _show(report, result.seconds)
    if json:
        with create(json) as file:
            file.write(msgspec.json.encode(report))
    if html:
        from linewatch.stream.backtest.page import page_of

        with create(html) as file:
            file.write(page_of(result, report, truth).encode())


def run_over(files: list[Path], policies: list[Any], operator: Path | None, models: Path | None = None) -> Any:
    """A backtest of policies over files, with a bar; Ctrl-C ends it between blocks."""
    from linewatch.config.operator import load_operator

    who = load_operator(operator)
    with record_progress() as progress:
        result = over_files(files, policies, who, progress, models)
    if not result.records:
        raise UnusableInput(
            "there are no records in these files, and nothing to compare; `linewatch replay` says what their lines are"
        )
    return result


def _number_model(candidates: Path | None) -> Any:
    from linewatch.models.pretrained.number import NumberModel
    from linewatch.stream.profiles.features import FEATURES

    return NumberModel.load(FEATURES, candidates=candidates)


def over_files(
    files: list[Path], policies: list[Any], operator: Any, progress: Callable[[int], None], models: Path | None = None
) -> Any:
    """A backtest of policies over files."""
    from linewatch.config.folding import folded_apart
    from linewatch.models.pretrained.text import TextModel
    from linewatch.stream.backtest.run import backtest
    from linewatch.stream.memory import settle
    from linewatch.stream.records.files import blocks
    from linewatch.stream.replay import BATCH

    check_files(files, again=len(policies) > 1 and bool(folded_apart(*policies)))
    text, number = TextModel.load(), _number_model(models)
    settle()
    return backtest(policies, operator, text, number, lambda: blocks(files, BATCH), progress)


def _over_log(brokers: str, config: Path | None, policies: list[Any], hours: float | None) -> tuple[Any, list[dict[str, Any]]]:
    """The backtest, and the verdicts of sources that the policy in force knows."""
    import time

    from linewatch.config.errors import DoesNotHold
    from linewatch.config.policy import policy_from_toml
    from linewatch.config.worker import Kafka, WorkerConfig, load_worker_config
    from linewatch.stream.backtest.over_log import over_log
    from linewatch.stream.cli.open_flags import verdicts_of
    from linewatch.stream.shell import push
    from linewatch.stream.shell.admin import answering, check_topics

    if not brokers and config is None:
        raise UnusableInput("--log names no brokers; give --log HOST:PORT, or --log with --config FILE")
    settings = load_worker_config(config) if config else WorkerConfig(kafka=Kafka(bootstrap_servers=brokers))
    check_topics(settings)
    with answering(settings):
        standing = push.standing(settings)
        if "policy" not in standing:
            raise DoesNotHold("no worker has started on these topics yet: there is no log; start one with `linewatch worker`")
        in_force = policy_from_toml(standing["policy"].payload.decode())
        if len(policies) < 2:
            policies = [in_force, *policies]
        since_ms = None if hours is None else int(time.time() * 1000 - hours * HOUR_MS)
        with log_bar() as progress:
            result = over_log(settings, policies, _number_model(settings.models.candidates), since_ms, progress)
        weighed = {name for name, source in in_force.verdict_sources.items() if source.weight >= in_force.trusted_weight}
        said = [msgspec.to_builtins(verdict) for verdict in verdicts_of(settings) if verdict.source in weighed]
    return result, sorted(said, key=lambda verdict: verdict["at_ms"])


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
    table = Table(title=None if report.truth == "labels" else "of the numbers that were judged")
    for heading in (
        "fraud type",
        "from",
        *(f"{what}{mark}" for mark in _marks(report) for what in ("precision", "recall", "after")),
    ):
        table.add_column(heading)
    for rows in zip(*(side.accuracy for side in report.sides), strict=False):
        cells = [cell for one in rows for cell in (one.precision.shown, one.recall.shown, _minutes(one.detect_s))]
        table.add_row(rows[0].fraud_type, rows[0].least, *cells)
    return table


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

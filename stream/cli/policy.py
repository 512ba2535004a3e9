"""`linewatch policy`: checks a policy, puts it in force while workers run, shows the one in force."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)
Config = Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The policy, a TOML file; config/policy.toml explains every key.")]


@app.callback()
def policy() -> None:
    """Check, push or show the policy: thresholds, lists, half-lives, sources of verdicts."""


@app.command(
    help="""Validate a policy and show its thresholds.

Exit status 2 names the key, the value and the range. Nothing is sent anywhere.

Example: linewatch policy check config/policy.toml"""
)
def check(file: File) -> None:
    """Validate a policy."""
    from rich.table import Table

    from linewatch.config.policy import FRAUD_TYPES, load_policy
    from linewatch.stream.cli.output import console

    rules = load_policy(file)
    out = console()
    out.print(f"policy {rules.identity} is valid{', report only' if rules.report_only else ''}", soft_wrap=True)
    table = Table("fraud type", "numbers", "watch from", "review from", "block from")
    for fraud_type in FRAUD_TYPES:
        edges = rules.thresholds_for("", fraud_type)
        table.add_row(fraud_type, "all", f"{edges.watch:g}", f"{edges.review:g}", f"{edges.block:g}")
        for segment in rules.segments:
            if own := segment.thresholds.get(fraud_type):
                table.add_row("", segment.prefix, f"{own.watch:g}", f"{own.review:g}", f"{own.block:g}")
    out.print(table)


@app.command(
    help="""Put a policy in force on all partitions, with no restart.

It is validated first. The command returns when a worker has put it in force, with the version that flags carry; exit
status 1 when none did within 15 s.

Example: linewatch policy push config/policy.toml --config config/worker.toml"""
)
def push(file: File, config: Config) -> None:
    """Put a policy in force."""
    from linewatch.config.policy import load_policy
    from linewatch.config.worker import load_worker_config
    from linewatch.stream.shell.admin import answering, check_topics
    from linewatch.stream.shell.push import push_policy

    rules = load_policy(file)
    settings = load_worker_config(config)
    check_topics(settings)
    with answering(settings):
        version = push_policy(settings, rules.source.encode())
    print(f"policy {rules.identity} is in force as version {version}")


@app.command(
    help="""Show the policy in force: its identity, its version number, its text.

Exit status 1 when no worker has started on these topics yet.

Example: linewatch policy show --config config/worker.toml"""
)
def show(config: Config) -> None:
    """Show the policy in force."""
    from linewatch.config.errors import DoesNotHold
    from linewatch.config.policy import policy_from_toml
    from linewatch.config.worker import load_worker_config
    from linewatch.stream.shell.admin import answering, check_topics
    from linewatch.stream.shell.push import standing

    settings = load_worker_config(config)
    check_topics(settings)
    with answering(settings):
        held = standing(settings).get("policy")
    if held is None:
        raise DoesNotHold("no policy is in force: no worker has started on these topics yet; start one with `linewatch worker`")
    text = held.payload.decode()
    print(f"# policy {policy_from_toml(text).identity}, in force as version {held.version}")
    print(text, end="" if text.endswith("\n") else "\n")


@app.command(
    help="""Recommend thresholds from records: those that keep a budget of alerts, or a precision.

The policy is replayed over the records with the online models frozen. With --budget one score is sought for all types
and segments; with --precision, for each of them, the lowest score from which on the interval of 95 % of the precision lies
above what is wanted, by --verdicts or --labels. What so few records or verdicts cannot support stays as it is, and says so.
The policy is written with a reason on each changed line and shown as a diff; it is then replayed to say what it gives.

Example: linewatch policy recommend records.jsonl.gz --budget 50/day --policy config/policy.toml --out next.toml"""
)
def recommend(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Records: .jsonl, .jsonl.gz, .jsonl.zst.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the recommended policy goes.")],
    budget: Annotated[str | None, typer.Option(metavar="N/day", help="Numbers a day that come so far, at most.")] = None,
    precision: Annotated[float | None, typer.Option(min=0.01, max=0.999, help="The share of frauds among them.")] = None,
    level: Annotated[Literal["watch", "review", "block"], typer.Option(help="The action whose thresholds are sought.")] = "review",
    policy: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to start from; the shipped one without it.")] = None,
    operator: Annotated[Path | None, typer.Option(metavar="FILE", help="Who the operator is: operator.toml.")] = None,
    verdicts: Annotated[Path | None, typer.Option(metavar="FILE", help="Verdicts, one JSON line each.")] = None,
    labels: Annotated[Path | None, typer.Option(metavar="FILE", help="labels.jsonl: all frauds there are.")] = None,
) -> None:
    """Recommend thresholds."""
    from linewatch.config.errors import UnusableInput
    from linewatch.stream.cli.recommendation import Question, recommendation

    if (budget is None) == (precision is None):
        raise UnusableInput("say what the thresholds are to keep: --budget N/day or --precision P, one of the two")
    if precision is not None and (verdicts is None) == (labels is None):
        raise UnusableInput("a precision is known from answers only: give --verdicts FILE or --labels FILE, one of the two")
    recommendation(Question(files, policy, operator, level, budget, precision, verdicts, labels), out)

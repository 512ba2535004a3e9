"""`linewatch policy`: checks a policy, puts it in force while workers run, shows the one in force."""

from pathlib import Path
from typing import Annotated

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

"""`linewatch policy`: checks a policy, tries it in the shadow, puts it in force while workers run, shows what was and is."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)
Config = Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why; it stands in the history.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who; the account that runs the command without it.")]
Force = Annotated[bool, typer.Option("--force", help="Whatever the guard rail finds; the history says so.")]
Records = Annotated[
    list[Path] | None, typer.Option(metavar="FILE", help="Check by these records, not by the log; may be given often.")
]
Hours = Annotated[float, typer.Option(min=0.1, help="Check by so many hours of the log, up to now.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The policy, a TOML file; config/policy.toml explains every key.")]


@app.callback()
def policy() -> None:
    """Check, recommend, shadow, push, promote, roll back or show the policy: thresholds, lists, half-lives, sources of verdicts."""


@app.command(
    help="""Validate a policy and show its thresholds.

Exit status 2 names the key, the value and the range. Nothing is sent anywhere; whether the models of `number_model` are there is
not looked at.

Example: linewatch policy check config/policy.toml"""
)
def check(file: File) -> None:
    """Validate a policy."""
    from rich.table import Table

    from linewatch.config.left_out import left_out
    from linewatch.config.policy import FRAUD_TYPES
    from linewatch.stream.cli.output import console
    from linewatch.stream.decision.policy_file import policy_of_file

    rules = policy_of_file(file)
    out = console()
    out.print(f"policy {rules.identity} is valid{', report only' if rules.report_only else ''}", soft_wrap=True)
    if rules.number_model:
        out.print(
            f"not checked: whether there is a number model {rules.number_model}; [models] of worker.toml says where", soft_wrap=True
        )
    if keys := left_out(rules.source):
        out.print(f"left out, and so not as in the shipped policy: {', '.join(keys)}", soft_wrap=True)
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

It is validated first, then held against the policy in force: both decide over the last 24 hours of the log (--hours), or over
--records. Had it blocked more numbers than `[guard]` of the policy in force allows, it is refused with exit status 1, unless
--force; where there was no record to go by, that is said, and stands in the history. The command returns when a worker has put
it in force, with the version that flags carry; exit status 1 when none did within 15 s.

Example: linewatch policy push config/policy.toml --why "fewer false robocalls" --config config/worker.toml"""
)
def push(
    file: File, config: Config, why: Why = "", by: By = "", force: Force = False, records: Records = None, hours: Hours = 24.0
) -> None:
    """Put a policy in force."""
    from linewatch.stream.cli.desk import Desk
    from linewatch.stream.decision.policy_file import policy_of_file

    rules = policy_of_file(file)
    desk = Desk(config, by, why)
    checked = desk.guarded(rules, force, records or [], hours)
    change = desk.ask("push", text=rules.source, forced=force, checked=checked)
    print(f"policy {change.policy_version} is in force as version {change.version}")


@app.command(
    help="""Let a candidate decide beside the policy in force, on the same rows and scores; --off ends it.

Its flags go to the topic `flags.shadow` and to metrics of their own; the flags of the policy in force stay what they are. It
begins where the policy in force stands, so that it says what a push would have changed from here on. Keys by which rows are
folded (half-lives, gate, hot destinations, caps of rows) must be those in force. `[policy] report_only` of the worker does not
hold it back. `linewatch replay --log --shadow-flags` computes its flags again.

Example: linewatch policy shadow next.toml --why "thresholds of June" --config config/worker.toml"""
)
def shadow(
    config: Config,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="The candidate.")] = None,
    off: Annotated[bool, typer.Option("--off", help="No candidate decides any longer.")] = False,
    why: Why = "",
    by: By = "",
) -> None:
    """Try a candidate in the shadow."""
    from linewatch.config.errors import UnusableInput
    from linewatch.stream.cli.desk import Desk
    from linewatch.stream.decision.policy_file import policy_of_file

    if (file is None) != off:
        raise UnusableInput("give the candidate's FILE to begin, or --off to end; one of the two")
    rules = policy_of_file(file) if file is not None else None
    desk = Desk(config, by, why)
    if rules is None:
        desk.ask("shadow_off")
        print("no policy decides in the shadow any longer")
        return
    change = desk.ask("shadow", text=rules.source)
    print(f"policy {change.policy_version} decides in the shadow, as shadow {change.version}")


@app.command(
    help="""Put the candidate in the shadow in force, and end the shadow.

It is held against the policy in force as `policy push` does.

Example: linewatch policy promote --why "three quiet days" --config config/worker.toml"""
)
def promote(config: Config, why: Why = "", by: By = "", force: Force = False, records: Records = None, hours: Hours = 24.0) -> None:
    """Put the candidate in force."""
    from linewatch.config.errors import DoesNotHold
    from linewatch.config.policy import policy_from_toml
    from linewatch.stream.cli.desk import Desk

    desk = Desk(config, by, why)
    candidate = desk.history().shadow()
    if candidate is None:
        raise DoesNotHold("no policy decides in the shadow; `linewatch policy shadow FILE` begins with one")
    checked = desk.guarded(policy_from_toml(candidate.text), force, records or [], hours)
    change = desk.ask("promote", of=candidate.version, forced=force, checked=checked)
    print(f"policy {change.policy_version} is in force as version {change.version}")


@app.command(
    help="""Put an earlier policy in force again, as a new version. It is not held against anything: it was in force.

Example: linewatch policy rollback 3 --why "blocks too much" --config config/worker.toml"""
)
def rollback(
    version: Annotated[int, typer.Argument(metavar="VERSION", help="As `linewatch policy history` has it.")],
    config: Config,
    why: Why = "",
    by: By = "",
) -> None:
    """Put an earlier policy in force again."""
    from linewatch.stream.cli.desk import Desk

    desk = Desk(config, by, why)
    change = desk.ask("rollback", text=desk.version(version).text, of=version)
    print(f"policy {change.policy_version} of version {version} is in force as version {change.version}")


@app.command(
    help="""Show every policy that came into force or into the shadow: who, when, what and why. --json gives lines of the topic.

Example: linewatch policy history --config config/worker.toml"""
)
def history(
    config: Config,
    json: Annotated[bool, typer.Option("--json", help="JSON lines, with the policies' texts, in place of the table.")] = False,
) -> None:
    """Show how policies came about."""
    from linewatch.stream.cli.desk import Desk, table_of
    from linewatch.stream.cli.output import console

    changes = Desk(config).history().changes
    if json:
        for change in changes:
            print(change.encode().decode())
        return
    console().print(table_of(changes))


@app.command(
    help="""Show the policy in force: its identity, its version number, its text; with --version that of an earlier one.

Exit status 1 when no worker has started on these topics yet.

Example: linewatch policy show --config config/worker.toml"""
)
def show(
    config: Config,
    version: Annotated[int | None, typer.Option(metavar="VERSION", help="As `linewatch policy history` has it.")] = None,
) -> None:
    """Show a policy."""
    from linewatch.config.policy import policy_from_toml
    from linewatch.stream.cli.desk import Desk

    desk = Desk(config)
    if version is None:
        held = desk.in_force()
        text, said = held.payload.decode(), f"in force as version {held.version}"
    else:
        text, said = desk.version(version).text, f"version {version}"
    print(f"# policy {policy_from_toml(text).identity}, {said}")
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

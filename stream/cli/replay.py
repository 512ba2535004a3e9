"""`linewatch replay`: scores record files, or a worker's own log, with no broker to write to."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from linewatch.config.errors import UnusableInput
from linewatch.stream.cli.output import OptionalBrokers, check_files, create, log_bar, record_progress

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=OptionalBrokers)
def command(
    files: Annotated[list[Path] | None, typer.Argument(help="Records: .jsonl, .jsonl.gz, .jsonl.zst.")] = None,
    flags: Annotated[Path | None, typer.Option(help="Where flags go, one JSON line each.")] = None,
    dead_letters: Annotated[Path | None, typer.Option(help="Where lines go that cannot be read.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy; the shipped one without it.")] = None,
    operator: Annotated[Path | None, typer.Option(help="Who the operator is: operator.toml.")] = None,
    models: Annotated[Path | None, typer.Option(help="A folder with number models that the policy may name.")] = None,
    features: Annotated[Path | None, typer.Option(help="Parquet of the feature row of each scored sighting.")] = None,
    message_scores: Annotated[Path | None, typer.Option(help="One line per message with its text scores.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes, by entity partition.")] = 1,
    no_feedback: Annotated[bool, typer.Option("--no-feedback", help="Freeze the online models.")] = False,
    log: Annotated[str | None, typer.Option(help="Score a worker's sightings log: its brokers, or nothing with --config.")] = None,
    config: Annotated[Path | None, typer.Option(help="With --log: the worker's configuration.")] = None,
    shadow_flags: Annotated[Path | None, typer.Option(help="With --log: where flags of policies in the shadow go.")] = None,
    warnings: Annotated[Path | None, typer.Option(help="Where warnings go to those whom flagged numbers reach.")] = None,
) -> None:
    """Score record files with no broker, by the same code as the worker."""
    if log is not None:
        _replay_log(log, config, flags, shadow_flags, warnings)
        return
    if shadow_flags is not None:
        raise UnusableInput("--shadow-flags goes with --log: only a worker's log has a policy in the shadow")
    if not files:
        raise UnusableInput("no file was named; give one or more record files, or --log BROKERS")
    if flags is None:
        raise UnusableInput("--flags is missing; name the file that flags go to")
    with ExitStack() as stack:
        outputs = Outputs(stack, flags, dead_letters, features, message_scores, warnings)
        summary = _replay(files, policy, operator, models, no_feedback, workers, outputs)
    _show(summary)


class Outputs:
    """The files that a replay writes."""

    def __init__(
        self,
        stack: ExitStack,
        flags: Path,
        dead: Path | None,
        features: Path | None,
        messages: Path | None,
        warnings: Path | None,
    ) -> None:
        self.flags = stack.enter_context(create(flags))
        self.dead, self.messages, self.warnings = (
            stack.enter_context(create(path)) if path else None for path in (dead, messages, warnings)
        )
        self.features = stack.enter_context(_parquet(features)) if features else None

    def write(self, output: Any, dead: list[Any]) -> None:
        """What one batch gave."""
        from linewatch.stream.replay import line_of

        self.flags.writelines(map(line_of, output.flags))
        if self.warnings is not None:
            self.warnings.writelines(map(line_of, output.warnings))
        if self.dead is not None:
            self.dead.writelines(letter.json_line() for letter in dead)
        if self.features is not None:
            for sightings, rows, scores in output.feature_rows:
                self.features.write(sightings, rows, scores)

    def score_messages(self, ids: Sequence[str], scores: list[Any]) -> None:
        """A line per message; null where it has no text."""
        assert self.messages is not None
        for record_id, row in zip(ids, scores, strict=True):
            values = [None] * 5 if row is None else [round(float(value), 6) for value in row]
            names = ("fraud", "spam", "otp", "ordinary", "familiar")
            self.messages.write(msgspec.json.encode({"record_id": record_id, **dict(zip(names, values, strict=True))}) + b"\n")


def _parquet(path: Path) -> Any:
    from linewatch.stream.feature_file import FeatureFile

    create(path).close()
    return FeatureFile(path)


def _replay(
    files: list[Path],
    policy: Path | None,
    operator: Path | None,
    models: Path | None,
    no_feedback: bool,
    workers: int,
    outputs: Outputs,
) -> Any:
    from linewatch.config.operator import load_operator
    from linewatch.config.policy import shipped_policy
    from linewatch.models.pretrained.number import NumberModel
    from linewatch.models.pretrained.text import TextModel
    from linewatch.stream.decision.policy_file import policy_of_file
    from linewatch.stream.memory import settle
    from linewatch.stream.profiles.features import FEATURES
    from linewatch.stream.records.files import blocks
    from linewatch.stream.replay import BATCH, Replay

    check_files(files)
    rules = policy_of_file(policy) if policy else shipped_policy()
    who = load_operator(operator)
    text, number = TextModel.load(), NumberModel.load(FEATURES, candidates=models)
    with record_progress() as progress:  # from here on Ctrl-C is noted: workers' processes begin with `Replay`
        replay = Replay(rules, who, text, number, outputs.write, not no_feedback, outputs.features is not None, workers)
        settle()
        if outputs.messages is not None:
            replay.intake.fan_out.on_texts = outputs.score_messages
        return replay.run_blocks(blocks(files, BATCH), progress)


def _replay_log(brokers: str, config: Path | None, flags: Path | None, shadow_flags: Path | None, warnings: Path | None) -> None:
    from linewatch.stream.shell.replay_log import Files, replay_log

    if not brokers and config is None:
        raise UnusableInput("--log names no brokers; give --log HOST:PORT, or --log with --config FILE")
    with log_bar() as progress:
        count = replay_log(brokers, config, Files(flags, shadow_flags, warnings), progress)
    print(f"{count} flags")


def _show(summary: Any) -> None:
    console = Console(file=sys.stdout)
    rate = summary.records / max(summary.seconds, 1e-9)
    console.print(
        f"{summary.records} records read, {summary.duplicates} duplicates, {summary.late} late, "
        f"{summary.dead_letters} dead letters, {summary.numbers} numbers, {summary.scored} sightings scored, "
        f"{rate:.0f} records per second",
        soft_wrap=True,
    )
    if summary.inferred:
        console.print(f"inferred, for want of an operator file: {summary.inferred}", soft_wrap=True)
    table = Table("fraud type", "action", "flags")
    for key, count in summary.flags.items():
        fraud_type, action = key.split(" ")
        table.add_row(fraud_type, action, str(count))
    if summary.flags:
        console.print(table)

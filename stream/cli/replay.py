"""`linewatch replay`: scores record files, or a worker's own log, with no broker to write to."""

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from linewatch.config.errors import UnusableInput
from linewatch.stream.cli.files import check_files, check_outputs
from linewatch.stream.cli.output import OptionalBrokers, record_progress

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
    outputs = {"--flags": flags, "--warnings": warnings}
    of_files = {"--dead-letters": dead_letters, "--features": features, "--message-scores": message_scores}
    of_log = {"--config": config, "--shadow-flags": shadow_flags}
    if log is not None:
        _refuse({"FILE": files}, "does not go with --log: what is read stands in the log")
        _note({**of_files, "--models": models, "--workers": workers > 1, "--no-feedback": no_feedback})
        outputs["--shadow-flags"] = shadow_flags
    else:
        _refuse(of_log, "goes with --log alone: it is about a worker's log")
        if not files:
            raise UnusableInput("no file was named; give one or more record files, or --log BROKERS")
        outputs |= of_files
    if flags is None:
        raise UnusableInput("--flags is missing; name the file that flags go to")
    check_files(files or ())
    check_outputs(outputs, [*(files or ()), policy, operator, config])
    if log is not None:
        from linewatch.stream.cli.replay_log import replay_log

        replay_log(log, config, outputs)
        return
    _replay(files or [], policy, operator, models, no_feedback, workers, outputs)


def _refuse(given: Mapping[str, Any], why: str) -> None:
    """Raises UnusableInput where one of these options was given."""
    for option, value in given.items():
        if value:
            raise UnusableInput(f"{option} {why}; leave it out")


def _note(given: Mapping[str, Any]) -> None:
    """Say which options are not heeded."""
    for option, value in given.items():
        if value:
            print(f"linewatch: {option} says nothing with --log: what is read, and how, stands in the log", file=sys.stderr)


def _replay(
    files: list[Path],
    policy: Path | None,
    operator: Path | None,
    models: Path | None,
    no_feedback: bool,
    workers: int,
    paths: Mapping[str, Path | None],
) -> None:
    """Everything that is read is read before an output is opened."""
    from linewatch.config.operator import load_operator
    from linewatch.config.policy import shipped_policy
    from linewatch.models.pretrained.number import NumberModel
    from linewatch.models.pretrained.text import TextModel
    from linewatch.stream.cli.replay_outputs import Outputs
    from linewatch.stream.cli.replay_summary import show
    from linewatch.stream.decision.policy_file import policy_of_file
    from linewatch.stream.memory import settle
    from linewatch.stream.profiles.features import FEATURES
    from linewatch.stream.records.files import blocks
    from linewatch.stream.replay import BATCH, Replay

    rules = policy_of_file(policy) if policy else shipped_policy()
    who = load_operator(operator)
    text, number = TextModel.load(), NumberModel.load(FEATURES, candidates=models)
    number.of(rules.number_model)  # refused here where it is not there
    with ExitStack() as stack:
        outputs = Outputs(stack, paths)
        with record_progress() as progress:  # from here on Ctrl-C is noted: workers' processes begin with `Replay`
            replay = Replay(rules, who, text, number, outputs.write, not no_feedback, outputs.features is not None, workers)
            settle()
            if outputs.messages is not None:
                replay.intake.fan_out.on_texts = outputs.score_messages
            summary = replay.run_blocks(blocks(files, BATCH), progress)
    show(summary, outputs.reasons, outputs.dead is not None)

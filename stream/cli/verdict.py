"""`linewatch verdict`: says what a flag turned out to be, for one number or for a file of them."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP = """Answer flags: write verdicts to the topic that workers read them from.

A trusted source's `legitimate` withdraws the flag and silences that type for the number; every verdict teaches the online
models by the weight of its source. Sources stand in the policy in force; one that does not is refused. Without --type a
verdict is about all types.

--file takes JSON lines or CSV (by its ending .csv, with a header) with the fields number, verdict, and perhaps fraud_type,
flag_id, note, at_ms, source. All lines are checked before the first is written.

Example: linewatch verdict +66921234567 legitimate --type robocall --config config/worker.toml
"""


@app.command(help=HELP)
def command(
    config: Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")],
    number: Annotated[str | None, typer.Argument(metavar="NUMBER", help="As it stands in the flag, or in national form.")] = None,
    verdict: Annotated[Literal["fraud", "legitimate"] | None, typer.Argument(help="What it is.")] = None,
    fraud_type: Annotated[
        str | None, typer.Option("--type", metavar="T", help="The fraud type it is about; all without it.")
    ] = None,
    flag: Annotated[str | None, typer.Option(metavar="ID", help="The flag_id that it answers.")] = None,
    note: Annotated[str | None, typer.Option(metavar="N", help="Kept with the verdict; nothing reads it.")] = None,
    source: Annotated[str, typer.Option(metavar="S", help="Who says so, by the policy's verdict_sources.")] = "analyst",
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="Many verdicts: .jsonl or .csv.")] = None,
) -> None:
    """Answer flags."""
    import time

    from linewatch.config.errors import UnusableInput
    from linewatch.config.worker import load_worker_config
    from linewatch.stream.cli.answers import Answer, force_of, read_answers, write
    from linewatch.stream.shell.admin import answering, check_topics

    if (file is None) == (number is None):
        raise UnusableInput("give a NUMBER and what it is, or --file FILE")
    now_ms = int(time.time() * 1000)
    if file is not None:
        if verdict or fraud_type or flag or note:
            raise UnusableInput("with --file the type, flag and note of each verdict stand in the file; leave them out")
        answers = read_answers(file, source)
    elif verdict is None:
        raise UnusableInput("what the number is was not said; give `fraud` or `legitimate` after it")
    else:
        answers = [Answer(number or "", verdict, now_ms, source, fraud_type, flag, note)]
    settings = load_worker_config(config)
    check_topics(settings)
    with answering(settings):
        sources = force_of(answers, settings)
        write(answers, settings, now_ms)
    for name, (count, known) in sources.items():
        effect = f"weight {known.weight:g}" if known.weight else "weight 0: they change nothing"
        written = f"{count} verdict{'s' * (count != 1)} of {name} written"
        print(f"{written}; {effect}, at most {known.cap_per_day} a day and partition count")

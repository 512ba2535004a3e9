"""`linewatch warm`: writes past records to the topics before the first worker starts, so that it knows its numbers."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP = """Write past records to the source topics, in event time, before carriers send theirs.

On day one every contact is new to a worker. It begins with these records as if they came now: it works them off at full speed
in the order of event time, learns who calls whom, and flags what it finds, with the times of then. So the sightings log holds
them too, and whatever is flagged later follows from the log as always. Verdicts among the records count.

Topics that hold records already are refused (exit status 1): behind those, history would be late and raise no flag. Give all files
at once; several are merged by event time. Lines that are no record are left out and counted: `linewatch replay` says which.

Example: linewatch warm june.jsonl.gz july.jsonl.gz --config config/worker.toml
"""


@app.command(help=HELP)
def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Records: .jsonl, .jsonl.gz, .jsonl.zst.")],
    config: Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")],
) -> None:
    """Begin with past records."""
    from linewatch.config.errors import DoesNotHold
    from linewatch.config.worker import load_worker_config
    from linewatch.stream.cli.files import check_files
    from linewatch.stream.cli.output import record_progress
    from linewatch.stream.records.files import blocks
    from linewatch.stream.replay import BATCH
    from linewatch.stream.shell.admin import answering, check_topics
    from linewatch.stream.shell.history import taken, write_history

    check_files(files)
    settings = load_worker_config(config)
    check_topics(settings)
    with answering(settings):
        if held := taken(settings):
            raise DoesNotHold(
                f"{', '.join(held)} hold records already: history comes first or not at all; "
                "for a new start take another [topics] prefix and group"
            )
        with record_progress() as progress:
            written, left_out = write_history(settings, blocks(files, BATCH), progress)
    if left_out:
        print(f"{left_out} lines are no record and were left out")
    print(f"{written} records written; a worker that starts now begins with them: `linewatch worker --config {config}`")

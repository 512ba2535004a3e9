"""`linewatch repartition`: changes the number of partitions, and carries all state over."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP = """Change how many partitions the sightings log has in use, and carry the state of all numbers over.

Stop all workers first, with SIGTERM; carriers may go on to write. The command
  1. works off what is left in the log, and sends the flags that come of it;
  2. says in the topic `snapshots` that a change is under way: no worker starts from here on;
  3. gives the topics `sightings` and `state` more partitions where there are too few; none is ever deleted;
  4. shares out profiles, blocks, open suspicions and flags, held sightings and known records by where each number lives
     now, and writes them to the log, as the state with which each partition begins anew;
  5. says that the change is done.
Then set [topics] partitions in every worker's configuration, and start the workers.

The topics of records, flags and dead letters keep their partitions. Policies and models have one partition and are not concerned.
A command that was stopped midway is called again with the same number: what it did already is done again, with the same result.
It needs memory for all state at once, some 1 KB a number.

--dry-run reads and counts, and changes nothing. Exit status 1 where workers run, or were stopped by force while they wrote.

Example: linewatch repartition --partitions 12 --config config/worker.toml
"""


@app.command(help=HELP)
def command(
    partitions: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="How many there are to be.")],
    config: Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be carried over, and change nothing.")] = False,
) -> None:
    """Change the number of partitions."""
    from rich.table import Table

    from linewatch.config.worker import load_worker_config
    from linewatch.stream.cli.output import console
    from linewatch.stream.shell.admin import answering
    from linewatch.stream.shell.repartition import Done, Part, repartition

    def table_of(done: Done) -> Table:
        names = ("numbers", "blocks", "suspicions", "flags", "held", "known")
        table = Table("partition", *names)
        for title, parts in (("before", done.before), ("after", done.after)):
            for part in parts:
                table.add_row(f"{title} {part.number}", *(f"{getattr(part, name):,}" for name in names))
            table.add_row(f"{title}, in all", *_sums(parts, names), end_section=True)
        return table

    def _sums(parts: list[Part], names: tuple[str, ...]) -> list[str]:
        return [f"{sum(getattr(part, name) for part in parts):,}" for name in names]

    settings = load_worker_config(config)
    with answering(settings):
        done = repartition(settings, partitions, dry_run, lambda line: typer.echo(line, err=True))
    console().print(table_of(done))
    print("known: records and legs of the last ten minutes; every new partition has those of all old ones")
    if done.dropped:
        print(f"{done.dropped} of them are no longer known: together they are more than a partition remembers")
    if done.flags:
        print(f"{done.flags} flags came of what was left in the log")
    if dry_run:
        print("nothing was changed")
    else:
        print(f"the log has {partitions} partitions in use: set [topics] partitions = {partitions} for all workers, and start them")

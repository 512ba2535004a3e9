"""`linewatch topics`: creates the topics, or says how those that exist differ."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP = """Create the topics that are missing, and say how those that exist differ (exit status 1).

Names begin with [topics] prefix; partitions and replication stand there too. The partition count of the topics `sightings` and
`state` decides where a number lives: a worker refuses to start on another count than the configuration's, and
`linewatch repartition` changes it. The other topics keep the count that they have, whatever it is.

Example: linewatch topics --config config/worker.toml
"""


@app.command(help=HELP)
def command(config: Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")]) -> None:
    """Create the topics, or say how those that exist differ."""
    from linewatch.config.errors import DoesNotHold
    from linewatch.config.worker import load_worker_config
    from linewatch.stream.shell.admin import create_topics, differences

    settings = load_worker_config(config)
    for name in create_topics(settings):
        print(f"created {name}")
    found = differences(settings)
    if found:
        raise DoesNotHold("; ".join(found))
    print("all topics are as configured")

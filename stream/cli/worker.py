"""`linewatch worker`: the Faust worker against the operator's brokers."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP = """Run the Faust worker against your brokers until SIGTERM or Ctrl-C.

The topics must be there: see `linewatch topics`. Start as many workers as you like, up to the number of partitions; they
share the work. /metrics, /healthz and /readyz are on [metrics] host and port. The log is on standard error and has no
telephone numbers. Exit status 0 after a signal, 1 when it cannot go on, 2 when its configuration or topics are unusable.

Example: linewatch worker --config config/worker.toml
"""


@app.command(help=HELP)
def command(
    config: Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")],
    operator: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who the operator is, operator.toml; wins over [operator] file.")
    ] = None,
) -> None:
    """Run the Faust worker until SIGTERM or Ctrl-C."""
    from linewatch.stream.shell.main import main

    raise typer.Exit(main(config, operator))

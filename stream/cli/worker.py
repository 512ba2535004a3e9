"""`linewatch worker`: the Faust worker against the operator's brokers."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def command(
    config: Annotated[Path, typer.Option(help="The worker's configuration.")],
    operator: Annotated[Path | None, typer.Option(help="Who the operator is; wins over [operator] file.")] = None,
) -> None:
    """Run the Faust worker until SIGTERM or Ctrl-C."""
    from linewatch.stream.shell.main import main

    raise typer.Exit(main(config, operator))

"""`linewatch demo`: all of it on this machine, ready to look at."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP = """Broker, worker, a simulated carrier and metrics on this machine, ready to look at.

It starts an embedded broker (in memory, for looking only: it proves nothing about Apache Kafka), makes the topics, starts
`linewatch worker`, and feeds it a simulated operator of 2,000 subscribers: with --for a day of event time a minute, else
three days in six minutes. The first flag shows some 10 s after the worker is ready. Flags are left in demo/flags.jsonl,
the worker's configuration and log beside it. Ctrl-C ends it.

Example: linewatch demo --for 60
"""


@app.command(help=HELP)
def command(
    seconds: Annotated[
        float | None,
        typer.Option(
            "--for",
            metavar="SECONDS",
            min=10,
            max=86_400,
            help="Feed for so many seconds from when the worker is ready, then end with a summary (start and end take some "
            "20 s more). Without it: until Ctrl-C.",
        ),
    ] = None,
) -> None:
    """Run the demo."""
    from rich.console import Console

    from linewatch.stream.demo.demo import Demo

    Demo(seconds, Console()).run()

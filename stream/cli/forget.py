"""`linewatch forget`: removes a number's state everywhere."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP = """Remove a number's state everywhere: its counts, its episodes and flags, its entries in the topic `standing`.

It does not remove what topics keep as they were written until their retention ends: the records that carriers sent, the
sightings log, older durable states, and the flags topic. No `clear` is sent. Records that come later count anew.
Exit status 1 when no worker took it within 15 s.

Example: linewatch forget +66921234567 --config config/worker.toml
"""


@app.command(help=HELP)
def command(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="E.164, national form, short code or sender id.")],
    config: Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")],
) -> None:
    """Remove a number's state everywhere."""
    from linewatch.config.worker import load_worker_config
    from linewatch.stream.shell import inspect
    from linewatch.stream.shell.admin import answering, check_topics
    from linewatch.stream.shell.push import push_forget
    from linewatch.stream.shell.standing import bury

    settings = load_worker_config(config)
    check_topics(settings)
    with answering(settings):
        operator = inspect.operator_in_force(settings)
        entity = inspect.entity_of(number, operator)
        push_forget(settings, entity, inspect.home_of(entity, settings))
        buried = bury(settings, entity, operator)
    print(f"forgotten: the state goes as the worker comes to this place of the log; {buried} standing flags were removed")

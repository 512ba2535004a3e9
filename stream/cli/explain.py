"""`linewatch explain`: a number's state, features, flags and reasons."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP = """Show what is known of a number, and why it is flagged or not: its counts, features, blocks, scores, episodes, flags;
of each flag the reasons with their figures, what rules and models add to its score, and which features moved the models most.

The state is read from the topics: the last durable one, and the sightings log on to its present end. So it is exact, and
takes the longer the more was logged since. Nothing is written, no worker is disturbed. A number may be given in national
form where the operator file names a country. Exit status 1 when the number was never seen, or was forgotten.

Example: linewatch explain +66921234567 --config config/worker.toml
"""


@app.command(help=HELP)
def command(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="E.164, national form, short code or sender id.")],
    config: Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")],
) -> None:
    """Show a number's state, features, flags and reasons."""
    from linewatch.config.errors import DoesNotHold
    from linewatch.config.worker import load_worker_config
    from linewatch.stream.cli.explanation import print_known
    from linewatch.stream.cli.known import known_of
    from linewatch.stream.cli.output import console
    from linewatch.stream.shell import inspect
    from linewatch.stream.shell.admin import answering, check_topics

    settings = load_worker_config(config)
    check_topics(settings)
    with answering(settings):
        entity = inspect.entity_of(number, inspect.operator_in_force(settings))
        state = inspect.partition_state(settings, inspect.home_of(entity, settings))
    if not state.ready:
        raise DoesNotHold("the number's partition has no policy yet: no worker has come so far; try again when one is ready")
    known = known_of(state, entity, number)
    if known is None:
        raise DoesNotHold("the number was never seen, or was forgotten; give it as it stands in the records")
    print_known(console(), known)

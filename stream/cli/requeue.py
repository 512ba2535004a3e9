"""`linewatch requeue`: sends dead letters back to their topics."""

from pathlib import Path
from typing import Annotated

import typer

from linewatch.stream.records.dead_letters import REASONS

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP = f"""Send dead letters back, byte for byte, to the topics and partitions that they came from.

Do it once what made them unreadable is mended: what still cannot be read comes back as a new dead letter. A second call
sends only letters that have come since, by reason: the place is kept in the consumer group of [kafka] group with
`-requeue`. A call that is broken off may send its last letters twice. Letters without a value are skipped and counted.

Reasons: {", ".join(REASONS)}.

Example: linewatch requeue --config config/worker.toml --reason wrong_type
"""


@app.command(help=HELP)
def command(
    config: Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")],
    reason: Annotated[str | None, typer.Option(metavar="R", help="Only letters of this reason; all without it.")] = None,
) -> None:
    """Send dead letters back to their topics."""
    from rich.table import Table

    from linewatch.config.errors import UnusableInput
    from linewatch.config.worker import load_worker_config
    from linewatch.stream.cli.output import console
    from linewatch.stream.shell.admin import answering, check_topics
    from linewatch.stream.shell.dead_letters import Requeue

    if reason is not None and reason not in REASONS:
        raise UnusableInput(f"--reason is none of {', '.join(REASONS)}; name one of them, or leave it out for all")
    settings = load_worker_config(config)
    check_topics(settings)
    requeue = Requeue(settings, reason)
    with answering(settings):
        requeue.run()
    out = console()
    table = Table("reason", "sent back")
    for name, count in sorted(requeue.sent.items()):
        table.add_row(name, str(count))
    out.print(f"{requeue.sent.total()} dead letters sent back, {requeue.tombstones} without a value skipped", soft_wrap=True)
    if requeue.homeless:
        out.print(f"{requeue.homeless} name no topic or partition of this configuration and stay", soft_wrap=True)
    if requeue.sent:
        out.print(table)

"""`linewatch verdicts`: the flags that nobody has answered yet."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP = """List the flags that stand and that nobody has answered, to be answered with `linewatch verdict`.

--by score puts the strongest first, --by loss those that may cost most to leave (`[losses]` of the policy: a fraud that goes on,
an innocent that is blocked), --by learning those from which the online models would learn most (least certain, of types and
reasons that were answered least), --by uncertainty those nearest to 0.5, --by age the oldest. With --all, answered ones too.
--json gives the flags whole, a line each.

Example: linewatch verdicts --config config/worker.toml --by loss --limit 10
"""


@app.command(help=HELP)
def command(
    config: Annotated[Path, typer.Option(metavar="FILE", help="The worker's configuration, worker.toml.")],
    by: Annotated[Literal["score", "loss", "learning", "uncertainty", "age"], typer.Option(help="What comes first.")] = "score",
    fraud_type: Annotated[str | None, typer.Option("--type", metavar="T", help="Only this fraud type.")] = None,
    action: Annotated[Literal["watch", "review", "block"] | None, typer.Option(help="Only this action.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    answered: Annotated[bool, typer.Option("--all", help="Those that were answered too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON lines in place of the table.")] = False,
) -> None:
    """List flags to be answered."""
    import sys
    import time

    import msgspec

    from linewatch.config.errors import UnusableInput
    from linewatch.config.worker import load_worker_config
    from linewatch.models.fraud_types import FRAUD_TYPES
    from linewatch.stream.cli.open_flags import open_flags, policy_in_force, sorted_by, table_of, verdicts_of
    from linewatch.stream.cli.output import console
    from linewatch.stream.cli.worth import by_learning, by_loss, heard
    from linewatch.stream.shell.admin import answering, check_topics

    if fraud_type is not None and fraud_type not in FRAUD_TYPES:
        raise UnusableInput(f"--type is none of {', '.join(FRAUD_TYPES)}")
    settings = load_worker_config(config)
    check_topics(settings)
    with answering(settings):
        found = open_flags(settings, answered)
        policy = policy_in_force(settings) if found and by in {"loss", "learning"} else None
        said = heard(verdicts_of(settings), policy, FRAUD_TYPES) if policy and by == "learning" else {}
    wanted = [flag for flag in found if fraud_type in (None, flag.fraud_type) and action in (None, flag.action)]
    if policy is not None:
        shown = by_loss(wanted, policy)[:limit] if by == "loss" else by_learning(wanted, said, limit)
    else:
        shown = sorted_by(by, wanted)[:limit]
    if json:
        sys.stdout.writelines(msgspec.json.encode(flag).decode() + "\n" for flag in shown)
        return
    out = console()
    out.print(f"{len(wanted)} flags to be answered" + (f", {len(shown)} shown" if len(shown) < len(wanted) else ""))
    if shown:
        out.print(table_of(shown, int(time.time() * 1000)))

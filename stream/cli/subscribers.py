"""`linewatch subscribers`: how like those of fraud a month or more of each number's calls and messages is."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Annotated, Any, Final

import msgspec
import typer

from linewatch.stream.event_time import DAY_MS

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HELP: Final = """Score numbers by their history: a month or more of calls and messages, by a model trained on real subscribers.

The model compares: it sees where a number stands among all numbers of the files that have enough history. Give the files of all
subscribers over the same days.

--scores gets one JSON line a number, the highest first: number, probability, ordinary_as_high (which share of the ordinary
subscribers that the model was trained on, each scored unseen, reaches it), how many answered calls and messages there are and of
when, and the features that moved the probability most. A number with less history than asked for has null as its probability.

A probability is that of a set in which one subscriber in three was a fraud's, in one province: sort by it, and try it on your
own numbers first. docs/subscribers.md says what was measured and what each column is made of.

Example: linewatch subscribers june.jsonl.gz july.jsonl.gz --scores scores.jsonl --operator operator.toml --cells cells.csv
"""
_REASONS: Final = 5
_CHUNK: Final = 10_000


@app.command(help=HELP)
def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Records: .jsonl, .jsonl.gz, .jsonl.zst.")],
    scores: Annotated[Path, typer.Option(metavar="OUT", help="Where scores go, one JSON line a number.")],
    operator: Annotated[Path | None, typer.Option(help="operator.toml; with own_prefixes only own numbers are scored.")] = None,
    cells: Annotated[Path | None, typer.Option(help="CSV of cell, city, county; without it places count as untold.")] = None,
    min_days: Annotated[float, typer.Option(min=0.0, help="Days that the files must cover.")] = 27.0,
    min_events: Annotated[int, typer.Option(min=1, help="Answered calls and messages that a number must have.")] = 20,
    min_numbers: Annotated[int, typer.Option(min=2, help="Numbers with so much that there must be.")] = 200,
) -> None:
    """Score numbers by their history."""
    from linewatch.config.errors import UnusableInput
    from linewatch.config.operator import load_operator
    from linewatch.models.pretrained.subscriber import SubscriberModel
    from linewatch.stream.cli.files import check_files, check_outputs, create
    from linewatch.stream.cli.output import record_progress
    from linewatch.stream.history.columns import histories, read_places
    from linewatch.stream.history.events import Events
    from linewatch.stream.records.files import blocks
    from linewatch.stream.replay import BATCH

    check_files(files)
    check_outputs({"--scores": scores}, [*files, operator, cells])
    who, places, model = load_operator(operator), read_places(cells), SubscriberModel.load()
    events = Events(who)
    with record_progress() as progress:
        for block in blocks(files, BATCH):
            events.take(block)
            progress(len(block.raws))
    found = histories(events, who, places)
    covered = (int(found.last_ms.max()) - int(found.first_ms.min())) / DAY_MS if len(found.numbers) else 0.0
    if covered < min_days:
        raise UnusableInput(
            f"the files cover {covered:.1f} days of calls and messages, a history needs {min_days:g}: "
            "give the files of more days, or take less on your own account by --min-days"
        )
    enough = found.calls + found.messages >= min_events
    if enough.sum() < min_numbers:
        raise UnusableInput(
            f"{enough.sum()} numbers have enough history to be compared with each other, {min_numbers} are needed: "
            "give the files of all subscribers, or take fewer on your own account by --min-numbers"
        )
    with create(scores) as out:
        _write(out, found, enough, model)
    print(f"{events.read} records read, {events.left_out} left out as unreadable, {covered:.1f} days")
    print(f"{len(found.numbers)} numbers, {enough.sum()} with {min_events} answered calls and messages or more")


def _write(out: IO[bytes], found: Any, enough: Any, model: Any) -> None:
    """A line a number, the highest probability first, those with too little history last."""
    import numpy as np

    from linewatch.models.pretrained.subscriber import ranked

    places = np.flatnonzero(enough)
    ranks = ranked(found.rows[places], found.rows[places])
    chances = model.chances(ranks)
    order = np.lexsort((found.numbers[places], -chances))
    for begin in range(0, len(order), _CHUNK):
        some = order[begin : begin + _CHUNK]
        out.writelines(_lines(found, model, places[some], ranks[some], chances[some]))
    out.writelines(_line(found, place, model.version) for place in np.flatnonzero(~enough).tolist())


def _lines(found: Any, model: Any, places: Any, ranks: Any, chances: Any) -> Iterator[bytes]:
    moved = model.moved(found.rows[places], ranks, _REASONS)
    as_high = model.ordinary_as_high(chances)
    for place, chance, share, reasons in zip(places.tolist(), chances.tolist(), as_high.tolist(), moved, strict=True):
        yield _line(found, place, model.version, round(chance, 4), round(share, 4), reasons)


def _line(
    found: Any, place: int, version: str, chance: float | None = None, as_high: float | None = None, reasons: Sequence[Any] = ()
) -> bytes:
    """What is not told has null as its value and its rank."""
    line = {
        "number": f"+{found.numbers[place]}",
        "probability": chance,
        "ordinary_as_high": as_high,
        "calls": int(found.calls[place]),
        "messages": int(found.messages[place]),
        "first_ms": int(found.first_ms[place]),
        "last_ms": int(found.last_ms[place]),
        "reasons": [
            {
                "feature": one.feature,
                "value": round(one.value, 4),  # NaN is null in JSON
                "rank": round(one.rank, 4) if one.rank >= 0 else None,
                "moved": round(one.moved, 4),
            }
            for one in reasons
        ],
        "model_version": version,
    }
    return msgspec.json.encode(line) + b"\n"

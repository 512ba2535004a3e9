"""The state of all partitions shared out anew over another number of them.

Pure: the parts of full units in, those of the new partitions out. Rows, blocks, episodes and what is held go where their
numbers live now. Keys of duplicates, legs and warnings do not tell whose they are, so every new partition gets all that are
still known: a key holds its number, and nobody asks for one of a number that lives elsewhere. Counts of a whole partition are
kept in sum.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.stream.order.batch import Batch, by_time, join
from linewatch.stream.order.partitioner import partition_of
from linewatch.stream.order.settings import order_settings
from linewatch.stream.order.sighting import SIGHTING
from linewatch.stream.profiles.durable import Parts
from linewatch.stream.profiles.recent import CAPACITY, WINDOW_MS
from linewatch.stream.profiles.row import BLOCK_SIZES
from linewatch.stream.profiles.tables import CLOCK, LATE, NEVER, REFLESS
from linewatch.stream.records.columns import HASHED

_BLOCK_KIND: Final = 2
"""Of blocks of 10; those of 100 and 1,000 follow (`keys.block_of`)."""
Source = tuple[Any, ...]
"""The fields of a `frame.Source`."""


class Carried(NamedTuple):
    """A new partition: what its full unit is made of, and how many known records the cap made it drop."""

    number: int
    side: dict[str, Any]
    arrays: dict[str, NDArray[Any]]
    dropped: int


def shared_out(old: Sequence[Parts], count: int, epoch: int, sources: int) -> Iterator[Carried]:
    """Parts of full units of all old partitions become those of `count` new ones, one after the other.

    `epoch` is what their sources have from here on, `sources` how many source partitions there are.
    """
    sides = [side for side, _ in old]
    known = sorted({tuple(source) for side in sides for source in side["sources"]})
    controls = _controls(sides, sources)
    has_shadow = bool(controls.get("shadow", (0, b""))[1])
    common = {
        "full": True,
        "next_offset": 0,
        "epoch": epoch,
        "controls": controls,
        "accepted": [[_renewed(source, epoch), offset] for source, offset in _accepted(sides).items()],
        "sources": [_renewed(source, epoch) for source in known],
        "features": sides[0]["features"],
    }
    clock_ms = max(int(side["running"][CLOCK]) for side in sides)
    recent, dropped, ends = {}, 0, {}
    for name in ("duplicates", "legs"):
        recent[name], gone = _recent([arrays[name] for _, arrays in old], clock_ms)
        ends[name], dropped = [len(recent[name]), 0], dropped + gone
    held = [_held(side, known) for side in sides]
    tally, running = _tally(sides, known), _running(sides, clock_ms)
    for number in range(count):
        homes = _Homes(number, count)
        first = number == 0  # what is counted of a whole partition, and shown in sum, goes here
        side = common | {
            "hold": _hold(sides, held, homes, epoch),
            "live": _deciding([side["live"] for side in sides], homes),
            "shadow": _deciding([side["shadow"] or side["live"] for side in sides], homes) if has_shadow else None,
            "running": (running if first else _without_counts(running)).tolist(),
            "recent": ends,
            "tally": (tally if first else np.zeros_like(tally)).tolist(),
            "swept": _swept(sides, first),
        }
        yield Carried(number, side, _rows(old, homes) | recent, dropped)


class _Homes:
    """Who lives in one of the new partitions."""

    def __init__(self, number: int, count: int) -> None:
        self.number, self.count = number, count

    def of(self, entities: Any) -> NDArray[np.bool_]:
        """Which of these live here."""
        return partition_of(np.ascontiguousarray(entities, np.uint64), self.count) == self.number

    def of_blocks(self, blocks: Any) -> NDArray[np.bool_]:
        """Which of these blocks do: those of numbers that live here."""
        kinds = (blocks >> np.uint64(56)).astype(np.int64) - _BLOCK_KIND
        sizes = np.array(BLOCK_SIZES, np.uint64)[kinds]
        return self.of((blocks % np.uint64(HASHED)) * sizes)

    def share(self, total: int) -> int:
        """A new partition's part of what was counted in all old ones, as if their numbers had lived evenly in the new ones."""
        return -(-total // self.count)


def _renewed(source: Iterable[Any], epoch: int) -> list[Any]:
    return [*tuple(source)[:3], epoch]


def _controls(sides: Sequence[dict[str, Any]], sources: int) -> dict[str, tuple[int, bytes]]:
    """Of each kind the newest; the number of sources is said where it was not."""
    newest: dict[str, tuple[int, bytes]] = {}
    for side in sides:
        for kind, (version, payload) in side["controls"].items():
            if version > newest.get(kind, (-1, b""))[0]:
                newest[kind] = (version, payload)
    if "order" in newest:
        version, payload = newest["order"]
        newest["order"] = version, msgspec.structs.replace(order_settings(payload), sources=sources).payload()
    return newest


def _accepted(sides: Sequence[dict[str, Any]]) -> dict[Source, int]:
    """Of each source the furthest; sound where every old partition has read what the furthest one has."""
    furthest: dict[Source, int] = {}
    for side in sides:
        for source, offset in side["accepted"]:
            furthest[tuple(source)] = max(offset, furthest.get(tuple(source), -1))
    return furthest


def _recent(rings: Sequence[NDArray[np.void]], clock_ms: int) -> tuple[NDArray[np.void], int]:
    """All entries that are still known, each once, about in the order of their coming; and how many the cap leaves out.

    Partitions may have the same ones, as they do after a change of their count.
    """
    came = [np.maximum.accumulate(ring["event_ms"]) for ring in rings if len(ring)]
    if not came:
        return rings[0][:0], 0
    entries = np.concatenate([ring for ring in rings if len(ring)])[np.argsort(np.concatenate(came), kind="stable")]
    entries = entries[entries["event_ms"] + WINDOW_MS >= clock_ms]
    _, last = np.unique(entries["key"][::-1], return_index=True)
    entries = entries[np.sort(len(entries) - 1 - last)]
    return entries[-CAPACITY:], max(0, len(entries) - CAPACITY)


def _held(side: dict[str, Any], known: Sequence[Source]) -> Batch:
    """What a partition holds, its sources counted as the new ones count them."""
    rows = np.frombuffer(side["hold"]["rows"], SIGHTING).copy()
    if len(rows):
        places = np.array([known.index(tuple(source)) for source in side["sources"]], rows["source"].dtype)
        rows["source"] = places[rows["source"]]
    return Batch(rows, np.frombuffer(side["hold"]["text"], np.uint8))


def _hold(sides: Sequence[dict[str, Any]], held: Sequence[Batch], homes: _Homes, epoch: int) -> dict[str, Any]:
    marks: dict[Source, list[Any]] = {}
    for side in sides:
        for source, clock_ms, at_end, idle, marked_ms in side["hold"]["marks"]:
            before = marks.get(tuple(source))
            newest = [at_end, idle, marked_ms] if before is None or marked_ms >= before[3] else before[1:]
            marks[tuple(source)] = [max(clock_ms, before[0] if before else NEVER), *newest]
    furthest = [side["hold"]["furthest"] for side in sides]
    here = [Batch(batch.rows[homes.of(batch.rows["entity"])], batch.text, batch.base) for batch in held]
    together = join([batch for batch in here if len(batch.rows)])
    together = by_time(together) if len(together.rows) else together
    overflowed = sum(one[2] for one in furthest) if homes.number == 0 else 0
    return {
        "marks": [[_renewed(source, epoch), *mark] for source, mark in marks.items()],
        "furthest": [max(one[0] for one in furthest), max(one[1] for one in furthest), overflowed],
        "rows": together.rows.tobytes(),
        "text": together.text.tobytes() if len(together.rows) else b"",
    }


def _deciding(states: Sequence[dict[str, Any]], homes: _Homes) -> dict[str, Any]:
    deciders = [state["decider"] for state in states]
    episodes = [episode for decider in deciders for episode in decider["episodes"]]
    due = [tuple(one) for decider in deciders for one in decider["due"]]
    minutes = [decider["minute"] for decider in deciders]
    minute = max(one[0] for one in minutes)
    blocks = homes.share(sum(one[1] for one in minutes if one[0] == minute))
    capped = sum(one[2] for one in minutes) if homes.number == 0 else 0
    said: dict[tuple[int, str], int] = {}
    for state in states:
        for day, source, times in state["verdicts"]:
            said[day, source] = said.get((day, source), 0) + times
    return {
        "decider": {
            "episodes": _at_home(episodes, 0, homes),
            "due": _at_home(due, 1, homes),
            "minute": [minute, blocks, capped],
        },
        "verdicts": [[*key, homes.share(times)] for key, times in said.items()],
        "warned": b"".join(state.get("warned", b"") for state in states),
    }


def _at_home(plain: list[Any], field: int, homes: _Homes) -> list[Any]:
    """Those whose entity, in a field, lives here."""
    here = homes.of(np.fromiter((one[field] for one in plain), np.uint64, len(plain)))
    return [one for one, is_here in zip(plain, here.tolist(), strict=True) if is_here]


def _running(sides: Sequence[dict[str, Any]], clock_ms: int) -> NDArray[np.int64]:
    running = np.array([side["running"] for side in sides], np.int64)
    carried = np.zeros(running.shape[1], np.int64)
    carried[CLOCK], carried[LATE], carried[REFLESS] = clock_ms, running[:, LATE].sum(), running[:, REFLESS].max()
    return carried


def _without_counts(running: NDArray[np.int64]) -> NDArray[np.int64]:
    other = running.copy()
    other[LATE] = 0
    return other


def _tally(sides: Sequence[dict[str, Any]], known: Sequence[Source]) -> NDArray[np.int64]:
    """By source how many records were applied and how many were duplicates, over all old partitions."""
    tally = np.zeros((len(known), 2), np.int64)
    for side in sides:
        for source, counts in zip(side["sources"], side["tally"], strict=True):
            tally[known.index(tuple(source))] += np.array(counts, np.int64)
    return tally


def _swept(sides: Sequence[dict[str, Any]], first: bool) -> list[int]:
    """The next sweep is due when the first of the old ones' was."""
    swept = [side["swept"] for side in sides]
    at_ms = min((one[0] for one in swept if one[0] > NEVER), default=NEVER)
    return [at_ms, sum(one[1] for one in swept) if first else 0, 0, sum(one[3] for one in swept) if first else 0]


def _rows(old: Sequence[Parts], homes: _Homes) -> dict[str, NDArray[Any]]:
    numbers = [arrays["numbers"] for _, arrays in old]
    blocks = [arrays["blocks"] for _, arrays in old]
    return {
        "gone": np.zeros(0, np.uint64),
        "gone_blocks": np.zeros(0, np.uint64),
        "numbers": np.concatenate([rows[homes.of(rows["entity"])] for rows in numbers]),
        "blocks": np.concatenate([rows[homes.of_blocks(rows["entity"])] for rows in blocks]),
    }

"""Reputation beyond the number: which handsets, cells, trunks, networks and pairs of countries frauds were found behind.

Each place has the numbers that acted from it of late, and those of them that a trusted verdict called fraud or that were
blocked here. What is given out is by how much that share, drawn towards the share of all places of its kind, is over it: a
rack's cell and a trunk that a campaign comes in by stand out at once, a cell of a city with a few bad numbers hardly does,
and one bad number is no reason.
"""

from bisect import insort
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.models.fraud_types import ROLES
from linewatch.models.online.snapshot import Judged
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.profiles.kernel import compiled, inlined
from linewatch.stream.records.columns import mix

KINDS: Final = ("handset", "cell", "trunk", "network", "countries")
MOST_ODDS: Final = 7
FEWEST_BAD: Final = 2
"""Numbers beside the one that acts."""
_PRIOR: Final = 20.0
"""Numbers that a place is taken to have had already, as bad as those of its kind are on the whole."""
_FEWEST_OF_ALL: Final = 1000.0
"""Numbers, one of them bad, that each kind is taken to have had already: before any verdict nothing is known to be rare."""
_FADE_A_DAY: Final = 0.8
_KEPT_DAYS: Final = 7
"""A place with a bad number gives way to another that meets it in memory when nobody has acted from it for longer."""
_SEATS_BITS, _PLACES_BITS, _MET_BITS = 18, 16, 20
_SEAT: Final = np.dtype([("entity", "<u8"), ("places", "<u8", len(KINDS)), ("bad", "<u1"), ("_pad", "<u1", 7)])
"""Where a number acted from last, and whether it is known as a fraud's."""
_PLACE: Final = np.dtype([("place", "<u8"), ("numbers", "<f4"), ("bad", "<f4"), ("day", "<i8")])
_ALL: Final = np.dtype([("numbers", "<f8"), ("bad", "<f8"), ("day", "<i8")])


class Whence(NamedTuple):
    """By record who acts (0 for nobody), and from which places: a column for each of `KINDS`, 0 where untold."""

    numbers: NDArray[np.uint64]
    places: tuple[NDArray[np.uint64], ...]


class Memory(NamedTuple):
    """Seats of numbers, places `[kinds, ...]`, marks of who was met where today, and all places of a kind together."""

    seats: Any
    held: Any
    met: NDArray[np.uint32]
    everywhere: Any


class Reputation:
    """What was seen of late, 27 MB; a function of the records and verdicts in their order."""

    def __init__(self) -> None:
        self._memory = Memory(
            np.zeros(1 << _SEATS_BITS, _SEAT),
            np.zeros((len(KINDS), 1 << _PLACES_BITS), _PLACE),
            np.zeros(1 << _MET_BITS, np.uint32),
            np.zeros(len(KINDS), _ALL),
        )
        self._waiting: list[tuple[int, list[Judged]]] = []

    def state(self) -> dict[str, Any]:
        """All of it, as plain data."""
        return {
            "memory": [array.tobytes() for array in self._memory],
            "waiting": [[from_ms, list(said)] for from_ms, said in self._waiting],
        }

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`; raises ValueError for one of other sizes."""
        for array, held in zip(self._memory, state["memory"], strict=True):
            array[:] = np.frombuffer(held, array.dtype).reshape(array.shape)
        self._waiting = msgspec.convert(state["waiting"], list[tuple[int, list[Judged]]])

    def odds(self, whence: Whence, event_ms: NDArray[np.int64]) -> NDArray[np.uint32]:
        """Remember who acted from where, and say how bad the worst of these places is, `[n]`.

        0 is no worse than others, else it is the binary logarithm of how many times as bad as all of its kind together, at most
        `MOST_ODDS`.
        """
        found, begin = np.zeros(len(event_ms), np.uint32), 0
        while self._waiting:
            due = np.flatnonzero(event_ms[begin:] >= self._waiting[0][0])
            if not len(due):
                break
            end = begin + int(due[0])
            self._take(whence, event_ms, found, slice(begin, end))
            for one in self._waiting.pop(0)[1]:
                _judged(np.uint64(one.entity), one.fraud, one.event_ms // DAY_MS, self._memory)
            begin = end
        self._take(whence, event_ms, found, slice(begin, len(event_ms)))
        return found

    def _take(self, whence: Whence, event_ms: NDArray[np.int64], found: NDArray[np.uint32], some: slice) -> None:
        places = tuple(column[some] for column in whence.places)
        _odds(whence.numbers[some], event_ms[some], places, self._memory, found[some])

    def hear(self, verdicts: Iterable[Judged], from_ms: int) -> None:
        """Trusted verdicts on, and blocks of, numbers that act themselves: of a victim's places nothing follows.

        They count from the first record on that is as late as `from_ms`: at one event time in every order and at any speed.
        """
        actors = [one for one in verdicts if ROLES[one.fraud_type] == "actor"]
        if actors:
            insort(self._waiting, (from_ms, actors), key=itemgetter(0))


@inlined
def _aged(counts: Any, day: int) -> None:
    """Bring decayed counts to a day; one that is past already is left."""
    if day > counts.day:
        fade = _FADE_A_DAY ** min(day - counts.day, 100)
        counts.numbers *= fade
        counts.bad *= fade
        counts.day = day


@inlined
def _home(place: np.uint64) -> np.int64:
    return np.int64(mix(place) >> np.uint64(64 - _PLACES_BITS))


@compiled
def _odds(numbers: NDArray[np.uint64], event_ms: NDArray[np.int64], places: Any, memory: Memory, found: NDArray[np.uint32]) -> None:
    for index in range(len(numbers)):
        number, day = numbers[index], event_ms[index] // DAY_MS
        if number == 0:
            continue
        seat = memory.seats[mix(number) >> np.uint64(64 - _SEATS_BITS)]
        if seat.entity != number:
            seat.entity, seat.bad = number, 0
            for kind in range(len(KINDS)):
                seat.places[kind] = np.uint64(0)
        worst = 0
        for kind, column in enumerate(places):
            place = column[index]
            if place == 0:
                continue
            seat.places[kind] = place
            row, all_of_kind = memory.held[kind, _home(place)], memory.everywhere[kind]
            if row.place != place:
                if row.bad >= 1.0 and row.day + _KEPT_DAYS >= day:
                    continue
                row.place, row.numbers, row.bad, row.day = place, 0.0, 0.0, day
            _aged(row, day)
            _aged(all_of_kind, day)
            mark = mix(place ^ mix(number + np.uint64(day)))
            slot = mark >> np.uint64(64 - _MET_BITS)
            if memory.met[slot] != np.uint32(mark & np.uint64(0xFFFFFFFF)):
                memory.met[slot] = np.uint32(mark & np.uint64(0xFFFFFFFF))
                row.numbers += 1.0
                row.bad += seat.bad
                all_of_kind.numbers += 1.0
                all_of_kind.bad += seat.bad
            others = row.bad - seat.bad
            if others > FEWEST_BAD - 0.5:
                usual = (all_of_kind.bad + 1.0) / (all_of_kind.numbers + _FEWEST_OF_ALL)
                share = (others + _PRIOR * usual) / (row.numbers + _PRIOR)
                worst = max(worst, min(int(np.log2(max(share / usual, 1.0))), MOST_ODDS))
        found[index] = worst


@compiled
def _judged(number: np.uint64, fraud: bool, day: int, memory: Memory) -> None:
    seat = memory.seats[mix(number) >> np.uint64(64 - _SEATS_BITS)]
    if seat.entity != number or seat.bad == fraud:
        return
    seat.bad = fraud
    change = 1.0 if fraud else -1.0
    for kind in range(len(KINDS)):
        place = seat.places[kind]
        row = memory.held[kind, _home(place)]
        if place != 0 and row.place == place:
            _aged(row, day)
            row.bad = max(0.0, row.bad + change)
            all_of_kind = memory.everywhere[kind]
            all_of_kind.bad = max(0.0, all_of_kind.bad + change)

"""Warnings: whom a number that is flagged goes on to reach is told, so that the fraud does not come off.

Flags are for the operator; a warning is for the person who was just called or written to. It is given for calls and messages from
the one that raised the flag to `review` on, once a day for each pair, and like flags follows from the log alone. Of a forwarded
call the one who was dialled is warned.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.order import sighting as s
from linewatch.stream.order.batch import Batch
from linewatch.stream.records.columns import HASHED

MOST_PAIRS: Final = 50_000
"""So many warnings a partition remembers to have given."""
ADVICE: Final = {
    "wangiri": (s.CALL, "this number rings once so that it is called back, which is costly: do not call back"),
    "vishing": (s.CALL, "this caller is taken for a swindler: pay nothing and tell nobody a code or password"),
    "cli_spoofing": (s.CALL, "this number is shown by callers whom it does not belong to: the caller may be anybody"),
    "tdos": (s.CALL, "this call is one of many that keep a line busy: it need not be answered"),
    "smishing": (s.SMS, "this sender is taken for a swindler: follow no link and tell nobody a code or password"),
}
"""By fraud type what kind of record warns, and what is said to the one who was reached."""
WARNED: Final = {FRAUD_TYPES.index(name): kind for name, (kind, _) in ADVICE.items()}
Types = tuple[int, ...]
"""Indices of the fraud types for which a number stands at `review` or more."""


class Warning(msgspec.Struct, frozen=True, gc=False):  # the contract's word; nothing here warns of code
    """Who was reached, by whom, in which record; `at_ms` is its event time. Told again, it has the same `warning_id`."""

    warning_id: str
    number: str
    fraud_type: str
    by: str
    at_ms: int
    record_id: str
    text: str
    policy_version: str

    def key(self) -> bytes:
        """The Kafka key."""
        return self.number.encode()


class Turn(NamedTuple):
    """From the sighting at a place in a batch on a number stands for these fraud types."""

    place: int
    entity: int
    types: Types


class Warner:
    """Who has been warned of whom, of one partition."""

    def __init__(self) -> None:
        self._given: dict[int, None] = {}  # the oldest first

    def warnings(self, batch: Batch, before: Mapping[int, Types], turns: Sequence[Turn], policy: str) -> list[Warning]:
        """For the sightings of a batch, in their order, at whose beginning `before` stood."""
        entities = np.array(sorted({*before, *(turn.entity for turn in turns if turn.types)}), np.uint64)
        places = acting(batch.rows, entities) if len(entities) else np.zeros(0, np.int64)
        stands, coming, found = dict(before), list(reversed(turns)), []
        for place in places.tolist():
            while coming and coming[-1].place <= place:
                turn = coming.pop()
                stands[turn.entity] = turn.types
            row = batch.rows[place]
            for index in stands.get(int(row["entity"]), ()):
                if WARNED[index] == row["kind"] and (one := self._one(batch, place, row, FRAUD_TYPES[index], policy)) is not None:
                    found.append(one)
        return found

    def _one(self, batch: Batch, place: int, row: Any, fraud_type: str, policy: str) -> Warning | None:
        """One of a pair and day, None where it was given."""
        at_ms, number = int(row["event_ms"]), f"+{int(row['other'])}"
        by = batch.beside(place) if int(row["flags"]) & s.ODD_FORM else f"+{int(row['entity'])}"
        parts = "\x1f".join((number, fraud_type, by, str(at_ms // DAY_MS)))
        digest = blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=12)
        key = int.from_bytes(digest.digest()[:8], "little")
        if key in self._given:
            return None
        self._given[key] = None
        while len(self._given) > MOST_PAIRS:  # a change of the partitions' count adds those of several
            del self._given[next(iter(self._given))]
        return Warning(digest.hexdigest(), number, fraud_type, by, at_ms, batch.record_id(place), ADVICE[fraud_type][1], policy)

    def state(self) -> bytes:
        """All of it."""
        return np.fromiter(self._given, np.uint64, len(self._given)).tobytes()

    def load(self, state: bytes) -> None:
        """The inverse of `state`."""
        self._given = dict.fromkeys(np.frombuffer(state, np.uint64).tolist())


@njit(cache=True)
def acting(rows: NDArray[np.void], entities: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The places of calls and messages that these entities, in order, made to a number; not of late ones."""
    found = np.empty(len(rows), np.int64)
    count = 0
    for place in range(len(rows)):
        row = rows[place]
        if row.role != s.CALLER or row.kind > s.SMS or row.other == 0 or row.other >= HASHED or row.flags & s.LATE:
            continue
        at = np.searchsorted(entities, row.entity)
        if at < len(entities) and entities[at] == row.entity:
            found[count] = place
            count += 1
    return found[:count].copy()

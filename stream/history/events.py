"""Record files to what happened to each number: answered calls, their legs made one, and messages, each once."""

import time
from collections.abc import Sequence
from itertools import compress
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.intake.numbers import NumberPlans
from linewatch.stream.intake.read import CallFields, Read, read
from linewatch.stream.records.columns import Spans, hash_spans
from linewatch.stream.records.files import Block, kinds_of_lines

OUTGOING, INCOMING, FORWARDED = 1, 2, 3
SENT, RECEIVED = 1, 2
_LEGS_APART_MS: Final = 3_000
"""How far the legs of one call may start apart where no reference joins them (the contract's "What counts, and when")."""
_SAME_REF_MS: Final = 600_000
Ids = NDArray[np.uint64]

CALL: Final = np.dtype(
    [
        *((name, np.uint64) for name in ("ref", "caller", "called", "forwarder")),
        *((name, np.uint64) for name in ("caller_handset", "caller_cell", "called_handset", "called_cell")),
        *(("start_ms", np.int64), ("seconds", np.float64)),
    ]
)
"""A leg as its record has it; ids as everywhere, 0 for what is missing."""
MESSAGE: Final = np.dtype([("id", np.uint64), ("sender", np.uint64), ("recipient", np.uint64), ("at_ms", np.int64)])


class Calls(NamedTuple):
    """One row for each number that took part in each answered call."""

    who: Ids
    other: Ids
    kind: NDArray[np.uint8]  # OUTGOING, INCOMING, FORWARDED
    start_ms: NDArray[np.int64]
    seconds: NDArray[np.float64]
    handset: Ids  # 0 where it is not told
    cell: Ids


class Messages(NamedTuple):
    """One row for each number that sent or received each message."""

    who: Ids
    other: Ids
    kind: NDArray[np.uint8]  # SENT, RECEIVED
    at_ms: NDArray[np.int64]


class Events:
    """Gathers blocks of record lines; all are held, some 100 bytes a record, until `calls` and `messages` are asked for."""

    def __init__(self, operator: Operator) -> None:
        self.plans = NumberPlans(operator.country)
        self.read = 0
        self.left_out = 0
        self._calls: list[NDArray[np.void]] = []
        self._messages: list[NDArray[np.void]] = []

    def take(self, block: Block) -> None:
        """Records of a block; subscriber events and verdicts are passed over, what `replay` makes dead letters of is left out."""
        kinds = kinds_of_lines(block.raws)
        self.read += len(kinds)
        self.left_out += kinds.count(None)
        for kind, keep, made in (("call", self._calls, self._legs), ("sms", self._messages, self._sms)):
            raws = list(compress(block.raws, [one == kind for one in kinds]))
            if raws and (known := self._readable(kind, raws)) is not None:
                keep.append(made(*known))

    def _readable(self, kind: str, raws: Sequence[bytes]) -> tuple[Read, NDArray[np.bool_]] | None:
        """The columns of the records that can be read, and which of them can be."""
        known, _, broken = read(kind, raws)
        self.left_out += len(broken)
        if known is None:
            return None
        possible = known.possible & (known.event_ms <= int(time.time() * 1000) + DAY_MS)
        self.left_out += int((~possible).sum())
        return known, possible

    def _legs(self, known: Read, possible: NDArray[np.bool_]) -> NDArray[np.void]:
        fields: CallFields = known.fields
        rows = np.zeros(len(known.event_ms), CALL)
        rows["ref"] = hash_spans(fields.call_ref)
        rows["caller"], rows["called"] = self._ids(known.first), self._ids(known.others)
        rows["forwarder"] = self.plans.ids(fields.redirecting)
        handset, cell = hash_spans(fields.imei), hash_spans(fields.cell)
        for side, legs in (("caller", ("mo", None)), ("called", ("mt",))):
            served = np.fromiter((leg in legs for leg in fields.leg), np.bool_, len(rows))
            rows[f"{side}_handset"], rows[f"{side}_cell"] = np.where(served, handset, 0), np.where(served, cell, 0)
        rows["start_ms"], rows["seconds"] = fields.start_ms, fields.duration_s
        return rows[possible & (fields.duration_s > 0)]

    def _sms(self, known: Read, possible: NDArray[np.bool_]) -> NDArray[np.void]:
        rows = np.zeros(len(known.event_ms), MESSAGE)
        rows["id"], rows["at_ms"] = hash_spans(known.ids), known.event_ms
        rows["sender"], rows["recipient"] = self._ids(known.first), self._ids(known.others)
        return rows[possible]

    def _ids(self, numbers: Spans) -> NDArray[np.uint64]:
        return self.plans.ids_of(numbers)[0]

    def calls(self) -> Calls:
        """All answered calls, each once for its caller, for who was reached, and for who forwarded it."""
        one = _whole_calls(np.concatenate([np.zeros(0, CALL), *self._calls]))
        dialled = np.where(one["forwarder"] > 0, one["forwarder"], one["called"])
        nothing = np.zeros(len(one), np.uint64)
        sides: list[tuple[Any, ...]] = [
            (one["caller"], dialled, OUTGOING, one["caller_handset"], one["caller_cell"]),
            (one["called"], one["caller"], INCOMING, one["called_handset"], one["called_cell"]),
            (one["forwarder"], one["caller"], FORWARDED, nothing, nothing),
        ]
        parts = []
        for who, other, kind, handset, cell in sides:
            kinds = np.full(len(one), kind, np.uint8)
            named = who > 0
            columns = (who, other, kinds, one["start_ms"], one["seconds"], handset, cell)
            parts.append([column[named] for column in columns])
        return Calls(*map(np.concatenate, zip(*parts, strict=True)))

    def messages(self) -> Messages:
        """All messages, each once for its sender and for its recipient."""
        rows = np.concatenate([np.zeros(0, MESSAGE), *self._messages])
        rows = rows[np.unique(rows["id"], return_index=True)[1]]
        parts = []
        for who, other, kind in (("sender", "recipient", SENT), ("recipient", "sender", RECEIVED)):
            some = rows[rows[who] > 0]
            parts.append((some[who], some[other], np.full(len(some), kind, np.uint8), some["at_ms"]))
        return Messages(*map(np.concatenate, zip(*parts, strict=True)))


def _whole_calls(legs: NDArray[np.void]) -> NDArray[np.void]:
    """Legs and repeats of one call made one row: what either leg alone knows is kept, and where a forwarded call went."""
    if not len(legs):
        return legs
    referred = legs["ref"] > 0
    dialled = np.where(legs["forwarder"] > 0, legs["forwarder"], legs["called"])
    keys = [
        np.where(referred, legs["ref"], legs["caller"]),
        np.where(referred, 0, dialled),
        np.where(referred, 0.0, legs["seconds"]),
        referred,
    ]
    order = np.lexsort((legs["start_ms"], *keys))
    legs, keys = legs[order], [key[order] for key in keys]
    apart_ms = np.where(keys[3][1:], _SAME_REF_MS, _LEGS_APART_MS)
    begins = np.diff(legs["start_ms"]) > apart_ms
    for key in keys:
        begins |= key[1:] != key[:-1]
    starts = np.flatnonzero(np.concatenate([[True], begins]))
    whole = legs[starts]
    for name in CALL.names or ():
        if name != "start_ms":
            whole[name] = np.maximum.reduceat(legs[name], starts)
    went_on = np.maximum.reduceat(np.where(legs["forwarder"] > 0, legs["called"], 0), starts)
    whole["called"] = np.where(whole["forwarder"] > 0, went_on, whole["called"])
    return whole

"""One record dated ahead moves no memory of intake, however the stream is cut; and what two legs have in common has one form."""

from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest

from linewatch.config.operator import Operator
from linewatch.models.online.snapshot import Judged
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.event_time import DAY_MS, HOUR_MS
from linewatch.stream.intake.intake import Intake, Part
from linewatch.stream.order import sighting as s
from linewatch.stream.order.frame import Source, decode
from stream_helpers import call

BEGIN_MS = 1_767_225_600_000
MODEM = "356700000000017"
TEXT = "Your parcel {} is held, an unpaid fee is due. Pay at https://track-ab3k.top/{} or it will be returned to {}"
NAMES = ("Ann", "Bob", "Carol", "Dave", "Eve", "Frank")
STEP_MS = 290_000
AHEAD = 40
"""Which record is dated ahead: one with a text that nobody sent before, from the modem of all others."""


def messages(ahead_ms: int | None) -> list[dict[str, Any]]:
    """Six SIMs of one modem deceive for ten hours."""
    records = []
    for at in range(120):
        one = {"kind": "sms", "record_id": f"m{at}", "sender": f"+6681000{at % 6:04d}", "recipient": f"+6682{at:07d}"}
        one |= {"submit_ms": BEGIN_MS + at * STEP_MS, "text": TEXT.format(at, at, NAMES[at % 6]), "imei": MODEM, "cell": "520-01-7"}
        if at == AHEAD:
            before_ms = BEGIN_MS + (at - 1) * STEP_MS
            one |= {"text": "Winner! Your number was drawn, claim the prize now: https://fast-x7b2.top/win"}
            one |= {"submit_ms": before_ms if ahead_ms is None else before_ms + ahead_ms}
        records.append(one)
    return records


MEMORIES = ("campaigns", "lessons", "handsets", "reputation")


class Found(NamedTuple):
    said: list[tuple[Any, ...]]  # by sighting of all other records
    campaigns: list[tuple[Any, ...]]
    remembered: list[int]
    places: list[bytes]


def run(model: TextModel, ahead_ms: int | None, cut: int) -> Found:
    intake, records = Intake(Operator(), 1, model, feedback=True), messages(ahead_ms)
    assert intake.memories is not None
    campaigns, lessons, handsets, reputation = (getattr(intake.memories, name) for name in MEMORIES)
    campaigns.keep(5.0)
    lessons.keep(5.0)
    reputation.hear([Judged(66_810_000_000 + at, "smishing", True, BEGIN_MS) for at in range(4)], BEGIN_MS + 3 * HOUR_MS)
    said: list[tuple[Any, ...]] = []
    for begin, end in zip([0, *range(1, 120, cut)], [*range(1, 120, cut), 120], strict=True):
        values = [msgspec.json.encode(record) for record in records[begin:end]]
        part = Part(Source("a", "sms", 0), "sms", values, list(range(begin, end)), [BEGIN_MS + DAY_MS] * len(values), True)
        result = intake.batch([part])
        assert not result.dead
        rows = decode(result.frames[0]).sightings()
        said += rows[rows["offset"] != AHEAD][["offset", "role", "flags", "detail", "fraud_text", "spam_text"]].tolist()
    seen = [(one.messages, one.first_ms, one.last_ms, one.links, len(one.signatures)) for one in campaigns.campaigns.values()]
    memory = reputation._memory
    held = [handsets._held, memory.seats, memory.held, memory.everywhere]
    return Found(said, seen, [lessons._remembered._now_ms, len(lessons._remembered._texts)], [one.tobytes() for one in held])


@pytest.mark.parametrize("cut", [1, 7, 119])
def test_memories_take_a_record_dated_ahead_to_be_of_now(text_model: TextModel, cut: int) -> None:
    found = run(text_model, 23 * HOUR_MS, cut)
    assert found == run(text_model, None, cut)
    assert found.said == run(text_model, None, 119).said
    last = found.said[-2]
    assert last[2] & s.SHARED_HANDSET
    assert last[2] & s.PLACE_ODDS
    assert last[3] > 0, "it is of a campaign"


@pytest.mark.parametrize("redirecting", [None, "+66830000009"])
def test_a_duration_has_one_zero(redirecting: str | None) -> None:
    leg = call(0, redirecting=redirecting)
    legs = [leg | {"record_id": f"c{at}", "duration_s": zero} for at, zero in enumerate((0.0, -0.0))]
    values = [msgspec.json.encode(leg) for leg in legs]
    assert b"-0.0" in values[1]
    part = Part(Source("a", "calls", 0), "call", values, [0, 1], [BEGIN_MS] * 2, True)
    rows = decode(Intake(Operator(), 1, None).batch([part]).frames[0]).sightings()
    pairs = [np.sort(rows[["role", "pair", "pair_redirected"]][rows["offset"] == offset]).tolist() for offset in (0, 1)]
    assert pairs[0] == pairs[1]
    assert len(pairs[0]) == (3 if redirecting else 2)

"""Strict decoding: each broken record is found alone, with its reason; the rest of its batch is kept."""

import msgspec
import pytest

from linewatch.stream.records.decode import decode_batch

GOOD = {"record_id": "a", "calling": "+66921234567", "called": "+66921234568", "start_ms": 1, "duration_s": 2.5}


def raw(**changes: object) -> bytes:
    return msgspec.json.encode({k: v for k, v in (GOOD | changes).items() if v is not ...})


BROKEN = [
    (None, "tombstone"),
    (b"", "unreadable"),
    (b"not json", "unreadable"),
    (b'{"record_id":"a"', "unreadable"),
    (b"[]", "wrong_type"),
    (b'"text"', "wrong_type"),
    (b"\xff\xfe{}", "unreadable"),
    (raw(start_ms="1"), "wrong_type"),
    (raw(start_ms=1.5), "wrong_type"),
    (raw(calling=7), "wrong_type"),
    (raw(called=...), "wrong_type"),
    (raw(duration_s="2"), "wrong_type"),
    (raw(leg="sideways"), "wrong_type"),
    (raw(record_id=None), "wrong_type"),
    (raw(kind="sms"), "kind"),
    (raw(imsi="x" * (1 << 20)), "oversized"),
    (raw() + b"," + raw(), "unreadable"),
]


@pytest.mark.parametrize(("value", "reason"), BROKEN)
def test_a_broken_record_is_named_and_its_neighbours_are_kept(value: bytes | None, reason: str) -> None:
    records, broken = decode_batch("call", [raw(), value, raw(record_id="b")])
    assert broken == {1: reason}
    assert [record and record.record_id for record in records] == ["a", None, "b"]


def test_unknown_fields_and_nulls_are_as_if_missing() -> None:
    records, broken = decode_batch("call", [raw(tomorrow=[1], ring_s=None), raw()])
    assert not broken
    assert records[0].ring_s is None
    assert records[0].ring_s == records[1].ring_s

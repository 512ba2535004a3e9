"""What cannot be counted goes to the dead letters as it came; the rest gives the same flags."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from kafka_deployment import Deployment, assert_all_counted, assert_same_flags
from linewatch.stream.records.decode import kind_of
from linewatch.stream.records.kinds import TOPICS

GOOD = {"record_id": "x", "calling": "+66921234567", "called": "+66921234568", "start_ms": 1_770_000_000_000, "duration_s": 3}
CALLS = "calls"


def changed(**fields: Any) -> bytes:
    return msgspec.json.encode(GOOD | fields)


BROKEN: list[tuple[str, str, bytes | None]] = [
    ("unreadable", CALLS, b"\xff\x00 not a record"),
    ("unreadable", CALLS, b'{"record_id":"cut'),
    ("unreadable", "messages", b""),
    ("tombstone", CALLS, None),
    ("tombstone", "verdicts", None),
    ("wrong_type", CALLS, changed(start_ms="soon")),
    ("wrong_type", "messages", b'{"record_id":"a","sender":7,"recipient":"+66921234567","submit_ms":1}'),
    ("wrong_type", "subscribers", b"[1,2]"),
    ("kind", CALLS, b'{"kind":"sms","record_id":"a","sender":"b","recipient":"+66921234567","submit_ms":1}'),
    ("impossible", CALLS, changed(duration_s=-5)),
    ("impossible", CALLS, changed(start_ms=99_770_000_000_000)),
    ("oversized", CALLS, changed(imsi="9" * (1 << 20))),
]


def with_broken(records: list[bytes]) -> Iterator[tuple[str, bytes | None]]:
    """One record in a thousand is broken, in every way in turn."""
    for index, raw in enumerate(records):
        if index % 1000 == 500:
            yield BROKEN[index // 1000 % len(BROKEN)][1:]
        yield TOPICS[kind_of(raw) or "call"], raw


def test_broken_records_are_dead_letters_byte_for_byte(deploy: Callable[..., Deployment], carrier: Any) -> None:
    deployment = deploy()
    deployment.start_worker()
    deployment.feed(with_broken(carrier.records))
    deployment.wait_settled()
    count = (len(carrier.records) + 499) // 1000
    expected = Counter(BROKEN[index % len(BROKEN)] for index in range(count))
    sources = {
        (message.topic(), message.partition(), message.offset()): message.value()
        for topic in TOPICS.values()
        for message in deployment.read(topic)
    }
    found: Counter[tuple[str, str, bytes | None]] = Counter()
    places = set()
    for letter in deployment.read("deadletters"):
        headers = {name: value.decode() for name, value in letter.headers() or []}
        place = (headers["topic"], int(headers["partition"]), int(headers["offset"]))
        assert sources[place] == letter.value()
        assert headers["version"] == "1"
        assert headers["linewatch-contract"] == "1"
        places.add(place)
        found[headers["reason"], headers["topic"].removeprefix(deployment.prefix), letter.value()] += 1
    assert found == expected
    assert len(places) == count >= 200
    assert_same_flags(deployment.flags(), carrier.flags)
    assert_all_counted(deployment)

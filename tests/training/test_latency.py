"""The records and the reading of `python -m linewatch.training.bench.latency`."""

import msgspec

from linewatch.training.bench.latency import LATER_MS, Pace, later


def test_records_come_again_as_others_and_as_of_later() -> None:
    call = {"kind": "call", "record_id": "r1", "calling": "+1", "called": "+2", "start_ms": 5, "duration_s": 1.0, "call_ref": "c"}
    sms = {"kind": "sms", "record_id": "r2", "sender": "+1", "recipient": "+2", "submit_ms": 7}
    verdict = {"kind": "verdict", "number": "+1", "verdict": "fraud", "at_ms": 9, "source": "analyst"}
    again = list(map(msgspec.json.decode, later(map(msgspec.json.encode, (call, verdict, sms)))))
    assert again == [
        call | {"record_id": "again-r1", "start_ms": 5 + LATER_MS, "call_ref": "again-c"},
        sms | {"record_id": "again-r2", "submit_ms": 7 + LATER_MS},
    ]


def test_a_quantile_is_the_edge_of_the_bucket_that_it_falls_into() -> None:
    pace = Pace(20_000, 20_000, 1000, [(0.05, 600), (0.1, 380), (0.25, 19), (float("inf"), 1)])
    assert [pace.at_most_s(quantile) for quantile in (0.5, 0.99, 0.999, 1.0)] == [0.05, 0.25, 0.25, float("inf")]

"""What a stage costs is held against what the machine could do: the parts that need no million records."""

import msgspec

from linewatch.training.bench.limits import Clock, decoding
from linewatch.training.bench.timing import us_each
from stream_helpers import call


def test_a_call_is_parsed_and_made_into_structs_and_columns() -> None:
    lines = [msgspec.json.encode(call(index)) for index in range(600)] + [b'{"kind":"sms"}']
    found = dict(decoding(lines, 2))
    assert list(found) == ["bytes", "only parsed", "to structs", "to columns"]
    assert found["bytes"] == sum(map(len, lines[:600])) / 600, "of calls alone"
    assert min(found.values()) > 0


def test_time_goes_to_the_stage_that_it_was_spent_on() -> None:
    clock = Clock()
    sum(range(300_000))
    clock.stop("one")
    clock.stop("two")
    assert clock.us["one"] > clock.us["two"] >= 0


def test_the_round_that_warms_up_is_no_round() -> None:
    calls: list[int] = []
    assert us_each(lambda: calls.append(1), 1, 3) >= 0
    assert len(calls) == 4

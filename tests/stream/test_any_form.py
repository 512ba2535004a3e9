"""JSON leaves the order of keys and the spaces between them to the writer: a record in another form is the same record."""

import json
from collections.abc import Callable

import pytest

from linewatch.training.simulate.build import Simulation


def turned(raw: bytes) -> bytes:
    return json.dumps(dict(reversed(json.loads(raw).items()))).encode()


def with_spaces(raw: bytes) -> bytes:
    return b"  " + json.dumps(json.loads(raw), separators=(" , ", " : ")).encode() + b" "


def with_more(raw: bytes) -> bytes:
    return json.dumps({"x_own": {"kind": "call", "list": [1, None]}} | json.loads(raw)).encode()


@pytest.mark.parametrize("form", [turned, with_more, with_spaces])
def test_flags_do_not_depend_on_the_form_of_a_record(
    simulation: Simulation, score: Callable, form: Callable[[bytes], bytes]
) -> None:
    records = simulation.records[: len(simulation.records) // 2]
    flags, plain = score(records)
    others, formed = score([form(raw) if index % 3 else raw for index, raw in enumerate(records)])
    assert len(flags) > 20
    assert others == flags
    assert formed.summary.records == plain.summary.records == len(records)
    assert formed.summary.sightings == plain.summary.sightings

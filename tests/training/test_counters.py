"""Plain counters: each counts what it says, and limits are where so few legitimate numbers exceed them as was asked."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from linewatch.training.evaluate.counters import ALLOWED_PER_MILLION, counted, highest, limits_of
from linewatch.training.simulate.build import Simulation, simulate
from linewatch.training.simulate.parameters import TUNING

MINUTE_MS = 60_000
HOME, OTHER, ABROAD = "+66921000001", "+66921000002", "+447700900001"


def of_calls(*calls: tuple[str, str, float, float]) -> Any:
    calling, called, minute, duration_s = zip(*calls, strict=True)
    columns = SimpleNamespace(
        calling=np.array(calling, object),
        called=np.array(called, object),
        start_ms=(np.array(minute) * MINUTE_MS).astype(np.int64),
        duration_s=np.array(duration_s),
    )
    return SimpleNamespace(world=SimpleNamespace(calls=[columns]), labels=[], related=[], records=[b""] * len(calls))


@pytest.mark.parametrize(
    ("counter", "value"),
    [
        ("calls a minute", 3),
        ("calls a day", 5),
        ("calls at once", 2),
        ("calls in a row to one number", 3),
        ("seconds of a call", 100),
        ("minutes abroad a day", 2.0),
    ],
)
def test_each_counter(counter: str, value: float) -> None:
    calls = [(HOME, OTHER, 0.0, 10.0), (HOME, OTHER, 0.5, 10.0), (HOME, OTHER, 0.9, 20.0), (HOME, ABROAD, 2.0, 100.0)]
    calls += [(HOME, ABROAD, 3.0, 20.0), (HOME, OTHER, 30.0, 0.0), (HOME, "+66921000003", 90.0, 0.0), (OTHER, HOME, 0.0, 5.0)]
    found = highest(of_calls(*calls))[counter]
    assert found[HOME] == value
    assert found[OTHER] == (5 if counter == "seconds of a call" else 0 if counter == "minutes abroad a day" else 1)


def test_limits_allow_what_was_asked() -> None:
    operators: list[Simulation] = [simulate(TUNING, 1500, 1.0, seed) for seed in (71901, 71902)]
    limits = limits_of(operators)
    for simulation in operators:
        found = counted(simulation, limits)
        assert found.false <= len(limits) * ALLOWED_PER_MILLION * sum(len(one.records) for one in operators) / 1e6
        assert found.found["robocall"][0] >= found.found["robocall"][1] > 0
        assert found.found["sms_spam"][1] == 0

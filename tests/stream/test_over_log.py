"""A backtest over a log in memory: which part of it is read, what is known where that begins, what is counted."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from linewatch.config.policy import shipped_policy
from linewatch.config.worker import Kafka, Topics, WorkerConfig
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.backtest import over_log
from linewatch.stream.backtest.run import Backtest
from linewatch.stream.learner.learner import Learner
from linewatch.stream.order.frame import control_frame, state_frames
from linewatch.stream.order.settings import OrderSettings
from linewatch.stream.profiles.carry import shared_out
from linewatch.stream.profiles.durable import Chunks
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell import push
from linewatch.stream.shell.count import Change
from linewatch.stream.shell.snapshot import Snapshot
from linewatch.training.simulate.build import Simulation, simulate
from linewatch.training.simulate.parameters import REPORTED
from sightings_logs import SOURCES, Log, logs_of, partition

CONFIG = WorkerConfig(kafka=Kafka(bootstrap_servers="nowhere:9092"), topics=Topics(partitions=1))
CAPPED = OrderSettings("canonical", report_only=True).payload()
BEFORE = 2
Ask = Callable[..., Backtest]


@pytest.fixture(scope="module")
def small() -> Simulation:
    return simulate(REPORTED, subscribers=400, days=0.5, seed=41)


@pytest.fixture(scope="module")
def old(small: Simulation, text_model: TextModel) -> list[Log]:
    return logs_of(small, text_model, BEFORE)


@pytest.fixture(scope="module")
def new(small: Simulation, text_model: TextModel) -> Log:
    return logs_of(small, text_model, 1, 1)[0]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, number_model: NumberModel, small: Simulation) -> Ask:
    """Asks the first policy and a copy of it, of a log from an offset on; the topic of snapshots has the newest models."""
    held = {
        "operator": Snapshot(1, small.operator_toml().encode()),
        "order": Snapshot(1, CAPPED),
        "models": Snapshot(9, b"of now, and not to be read"),
    }
    reader = SimpleNamespace(
        close=lambda: None,
        offsets_for_times=lambda places, timeout: [SimpleNamespace(partition=0, offset=place.offset) for place in places],
    )

    def asked(frames: list[bytes], since: int | None = None, change: Change | None = None) -> Backtest:
        def messages(reader: Any, topic: str, number: int, begin: int = 0) -> Iterator[Any]:
            for offset in range(begin, len(frames)):
                yield SimpleNamespace(offset=lambda n=offset: n, value=lambda n=offset: frames[n], timestamp=lambda: (1, 0))

        monkeypatch.setattr(push, "standing", lambda config: held)
        monkeypatch.setattr(push, "consumer", lambda config: reader)
        monkeypatch.setattr(push, "ends_of", lambda reader, topic, number: (0, len(frames)))
        monkeypatch.setattr(push, "messages", messages)
        monkeypatch.setattr(over_log, "change_in", lambda config: change)
        return over_log.over_log(CONFIG, [shipped_policy(), shipped_policy()], number_model, since)

    return asked


def values(log: Log) -> list[bytes]:
    return [frame for _, frame, _ in log]


class Changed:
    """A log of two partitions that became one in its middle; `pieces` are the offsets of the state."""

    def __init__(self, old: list[Log], new: Log, model: NumberModel) -> None:
        at = len(new) // 2
        states = [partition(number, model, "canonical") for number in range(BEFORE)]
        for state, log in zip(states, old, strict=True):
            state.apply(log[:at])
        (carried,) = shared_out([state.parts(True) for state in states], 1, 1, len(SOURCES))
        chunks = Chunks(carried.side, carried.arrays)
        head = list(state_frames("one", 1, chunks, len(chunks)))
        self.frames = [*values(old[0][:at]), *head, *values(new[at:])]
        self.pieces = range(at, at + len(head))
        self.change = Change(1, BEFORE, BEFORE, 1, [at, at], [], True)
        self.known = sum(applied + again for state in states for applied, again in state.tally.values())


@pytest.fixture(scope="module")
def changed(old: list[Log], new: Log, number_model: NumberModel) -> Changed:
    return Changed(old, new, number_model)


def test_records_after_a_change_of_partitions_are_read_wherever_the_hours_begin(
    ask: Ask, changed: Changed, small: Simulation
) -> None:
    whole = ask(changed.frames, None, changed.change)
    assert 0 < whole.records == len(small.records) - changed.known, "those that the state had counted are not of them"
    for since in (changed.pieces[0], changed.pieces[1], changed.pieces[-1]):
        part = ask(changed.frames, since, changed.change)
        assert (part.records, part.outcomes[0].flags) == (whole.records, whole.outcomes[0].flags)
    behind = ask(changed.frames, changed.pieces[-1] + 1, changed.change)
    assert 0 < behind.records <= whole.records
    assert behind.outcomes[0].flags


def test_report_only_of_the_worker_holds_neither_policy_back(ask: Ask, changed: Changed, old: list[Log]) -> None:
    """Be it of now, in the log, or after a state that the log brings."""
    frames, order = values(old[0]), control_frame("order", 2, CAPPED)
    behind = changed.pieces[-1] + 1
    for found in (
        ask([*frames[:3], order, *frames[3:]]),
        ask(frames, 3),
        ask([*changed.frames[:behind], order, *changed.frames[behind:]], None, changed.change),
    ):
        first, second = found.outcomes
        assert "block" in {flag.action for flag in first.flags}
        assert first.flags == second.flags


def test_a_part_of_the_log_knows_no_models_of_later(ask: Ask, old: list[Log]) -> None:
    """Those of now cannot even be read; the snapshot in the log is in force from where it stands, and none before it."""
    frames = values(old[0])
    quarter = len(frames) // 4
    version, _, snapshot = Learner(FEATURES, shipped_policy()).snapshot(0)
    found = ask([*frames[: 2 * quarter], control_frame("models", version, snapshot), *frames[2 * quarter :]], quarter)
    flags = sorted(found.outcomes[0].flags, key=lambda flag: flag.flagged_ms)
    versions = [flag.model_version.rsplit(".", 1)[1] for flag in flags]
    assert set(versions) == {"0", "1"}
    assert versions[0] == "0"
    assert versions[-1] == "1"

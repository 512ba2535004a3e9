"""What an earlier or later version wrote is read as it was meant, or refused in one line that names both versions."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from linewatch.config.errors import ArtifactRefused, LinewatchError, UnusableInput
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.learner.examples import Examples
from linewatch.stream.learner.learner import Learner
from linewatch.stream.order import frame
from linewatch.stream.order.frame import Control, Frame, Mark, Source, control_frame, decode, state_frames
from linewatch.stream.order.settings import OrderSettings, order_settings
from linewatch.stream.order.sighting import SIGHTING
from linewatch.stream.profiles import durable
from linewatch.stream.profiles.durable import Chunk, Chunks
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.shell.policy_changes import change_of
from sightings_logs import Log, partition


@pytest.fixture(scope="module")
def state(logs: list[Log], number_model: NumberModel) -> Partition:
    """In the middle of a log: with rows, episodes, and sightings held."""
    state = partition(0, number_model, "canonical")
    state.apply(logs[0][:600])
    assert len(state.hold) > 0
    assert state.decider.episodes
    return state


def of_layout(unit: list[bytes], layout: int) -> list[bytes]:
    chunks = [msgspec.msgpack.decode(chunk, type=Chunk) for chunk in unit]
    return [msgspec.msgpack.encode(msgspec.structs.replace(chunk, layout=layout)) for chunk in chunks]


@pytest.mark.parametrize("layout", [durable.LAYOUT + 1, durable.LAYOUT - 1, 0])
def test_a_unit_of_another_layout_is_refused(state: Partition, layout: int) -> None:
    unit = of_layout(list(state.checkpoint(True)), layout)
    with pytest.raises(UnusableInput) as refused:
        Partition(0, 8, None).restore(unit)
    said = str(refused.value)
    assert f"has layout {layout}, this version reads {durable.LAYOUT}" in said
    assert said.endswith(durable.MEND)
    assert "\n" not in said


def test_one_chunk_of_another_layout_is_enough(state: Partition) -> None:
    unit = list(state.checkpoint(True))
    assert len(unit) > 1
    unit[-1] = of_layout(unit[-1:], durable.LAYOUT + 1)[0]
    with pytest.raises(UnusableInput, match=f"layout {durable.LAYOUT + 1}"):
        Partition(0, 8, None).restore(unit)


def test_a_unit_with_other_features_is_refused(state: Partition) -> None:
    """Rows that were flagged are kept in it."""
    side, arrays = state.parts(full=True)
    unit = list(Chunks(side | {"features": [*FEATURES[:-1], "another"]}, arrays))
    with pytest.raises(UnusableInput, match=r"features of another version.*run the version that wrote it"):
        Partition(0, 8, None).restore(unit)


@pytest.mark.parametrize("layout", [frame.LAYOUT + 1, min(frame.OF_ONE_SOURCE) - 1])
def test_a_message_of_the_log_of_another_layout_is_refused(layout: int, number_model: NumberModel) -> None:
    message = msgspec.msgpack.encode(Frame(layout, control=Control("policy", 1, b"")))
    with pytest.raises(UnusableInput, match=f"has layout {layout}, this version reads {frame.LAYOUT}:"):
        Partition(0, 8, number_model).apply([(0, message, 0)])


def test_the_layout_is_looked_at_before_what_follows_it() -> None:
    with pytest.raises(UnusableInput, match="has layout 99"):
        decode(msgspec.msgpack.encode([99, "whatever", {"a": 1}]))


def test_messages_of_one_source_are_read() -> None:
    """As the version before wrote them, and the one before that, which knew no epochs."""
    rows = np.zeros(2, SIGHTING).tobytes()
    source, silent = Source("id", "calls", 3, 0), Source("id", "calls", 4, 1)
    found = decode(msgspec.msgpack.encode([5, ["id", "calls", 3], [5, True, False], rows, b"text"]))
    assert found == Frame(frame.LAYOUT, ((source, Mark(5, True)),), rows, b"text")
    assert found.sightings()["source"].tolist() == [0, 0]
    marks = decode(msgspec.msgpack.encode([5, None, None, b"", b"", None, [[["id", "calls", 4, 1], [7, True, True]]]]))
    assert marks == Frame(frame.LAYOUT, ((silent, Mark(7, True, True)),))
    piece = decode(msgspec.msgpack.encode([6, None, None, b"", b"", ["state", 1, b"chunk"]]))
    assert piece.control == Control("state", 1, b"chunk")


def test_a_partition_begins_anew_with_the_first_piece_alone() -> None:
    """A reader that comes upon a later one has missed those before it."""
    messages = [*state_frames("change", 1, [b"one", b"two"], 2), control_frame("models", 1, b"")]
    assert [frame.begins_anew(message) for message in messages] == [True, False, False]


def test_a_control_record_of_a_kind_that_is_not_known_is_refused(number_model: NumberModel) -> None:
    with pytest.raises(UnusableInput, match="of kind 'weights', which this version does not know: run the version"):
        Partition(0, 4, number_model).apply([(0, control_frame("weights", 1, b""), 0)])


def test_the_order_as_it_was_before_it_told_sources_is_read() -> None:
    assert order_settings(msgspec.msgpack.encode(["live", 60.0, True, "m"])) == OrderSettings("live", 60.0, True, "m", 0)


def test_a_snapshot_of_the_models_for_other_features_is_refused(logs: list[Log], number_model: NumberModel) -> None:
    state = partition(0, number_model, "canonical")
    state.apply(logs[0][:10])
    other = Learner((*FEATURES[:-1], FEATURES[0]), shipped_policy()).payload()
    with pytest.raises(ArtifactRefused, match="made for other features"):
        state.apply([(10, control_frame("models", 9, other), 0)])


@pytest.fixture(scope="module")
def learner() -> Learner:
    learner = Learner(FEATURES, shipped_policy())
    rows = np.random.default_rng(1).gamma(1.0, 2.0, (700, len(FEATURES))).astype(np.float32)
    learner.learn(Examples.of_ordinary(np.arange(700), rows, np.arange(700, dtype=np.uint64)))
    learner.learn(Examples.of_verdict(800, rows[0].tobytes(), 1, True, 1.0, next(iter(shipped_policy().verdict_sources)), "r", 1))
    return learner


def test_the_learners_state_is_read_back(learner: Learner) -> None:
    restored = Learner(FEATURES, shipped_policy())
    restored.restore(learner.state())
    assert restored.state() == learner.state()
    assert restored.payload() == learner.payload()


def later(plain: list[Any]) -> list[Any]:
    return [3, *plain[1:]]


def of_others(plain: list[Any]) -> list[Any]:
    return [plain[0], [*FEATURES[:-1], "another"], *plain[2:]]


def smaller(plain: list[Any]) -> list[Any]:
    """Of models of another size."""
    layout, features, anomaly, *rest = plain
    return [layout, features, anomaly | {"masses": [mass[:-1] for mass in anomaly["masses"]]}, *rest]


def before(plain: list[Any]) -> list[Any]:
    """Of layout 1."""
    return plain[2:]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (later, "has layout 3, this version reads 2"),
        (before, "has layout 1, this version reads 2"),
        (of_others, "was learned on .* features of another version"),
        (smaller, "does not fit this version"),
        (lambda plain: 7, "cannot be read"),
    ],
)
def test_another_state_of_the_learner_is_refused(learner: Learner, change: Callable[[list[Any]], Any], said: str) -> None:
    state = msgspec.msgpack.encode(change(msgspec.msgpack.decode(learner.state())))
    with pytest.raises(
        ArtifactRefused, match=f"{said}.*run the version that wrote it, or send an empty message with the key `learner`"
    ):
        Learner(FEATURES, shipped_policy()).restore(state)


def test_a_line_of_the_topic_of_policies_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(LinewatchError, match=r"a line that this version cannot read: .*; run the one that wrote it"):
        change_of(b'{"request_id": "1", "act": "merge", "version": 1, "policy_version": "", "by": "", "at_ms": 0}')

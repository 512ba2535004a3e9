"""What intake remembers comes through a restart: nothing tells an intake that went on from one that began again."""

import asyncio
import logging
import stat
from copy import deepcopy
from pathlib import Path

import msgspec
import pytest

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import OF_TEXTS
from linewatch.models.online.snapshot import Judged, snapshot_of
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.intake.intake import Intake, Part
from linewatch.stream.learner.learner import Learner
from linewatch.stream.order.frame import Source
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.decode import kind_of
from linewatch.stream.shell.memory_file import MemoryFile, memory_file_in
from linewatch.training.simulate.build import Simulation

BATCH = 1500
Halves = tuple["Run", list[bytes], Path]


class Run:
    """An intake that reads a simulation's records."""

    def __init__(self, simulation: Simulation, text_model: TextModel, feedback: bool = True) -> None:
        self.intake = Intake(operator_from_toml(simulation.operator_toml()), 2, text_model, feedback)
        self._records = simulation.records

    def frames(self, begin: int, end: int) -> list[bytes]:
        made: list[bytes] = []
        for at in range(begin, end, BATCH):
            by_kind: dict[str, list[tuple[bytes, int]]] = {}
            for offset in range(at, min(at + BATCH, end)):
                record = self._records[offset]
                by_kind.setdefault(kind_of(record) or "", []).append((record, offset))
            parts = []
            for kind, own in by_kind.items():
                values, offsets = zip(*own, strict=True)
                parts.append(Part(Source(kind, kind, 0), kind, values, offsets, [1 << 45] * len(values), at_end=False))
            made += self.intake.batch(parts).frames
        return made

    def go_on(self, before: "Run") -> None:
        """Read on where another run is, but for what it remembers: clocks of sources begin anew with every worker."""
        self.intake._clocks = deepcopy(before.intake._clocks)


def snapshot(simulation: Simulation, at_ms: int) -> bytes:
    """One in which all who send frauds were judged."""
    frauds = [(label["number"][1:], label["fraud_type"]) for label in simulation.labels if label["fraud_type"] in OF_TEXTS]
    judged = [Judged(int(number), fraud_type, True, at_ms) for number, fraud_type in frauds if number.isdigit()]
    assert len({one.fraud_type for one in judged}) == len(OF_TEXTS)
    made = snapshot_of(Learner(FEATURES, shipped_policy()).payload())
    return msgspec.msgpack.encode(msgspec.structs.replace(made, judged=judged, from_ms=at_ms))


@pytest.fixture(scope="module")
def halves(
    simulation: Simulation, text_model: TextModel, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, list[bytes], Path]:
    """An intake that read and heard of one half, the frames of the other, and the folder of a copy made in between."""
    run, folder, half = Run(simulation, text_model), tmp_path_factory.mktemp("state"), len(simulation.records) // 2
    run.frames(0, half)
    at_ms = max(clock.now_ms for clock in run.intake._clocks.values())
    run.intake.hear(snapshot(simulation, at_ms + 60_000))
    asyncio.run(MemoryFile(folder).keep(run.intake, 0.0))
    before = Run(simulation, text_model)
    before.go_on(run)
    return before, run.frames(half, len(simulation.records)), folder


def test_an_intake_goes_on_as_if_nothing_had_been(simulation: Simulation, text_model: TextModel, halves: Halves) -> None:
    before, expected, folder = halves
    half, end = len(simulation.records) // 2, len(simulation.records)
    after, anew = Run(simulation, TextModel.load()), Run(simulation, text_model)
    for run in (after, anew):
        run.go_on(before)
    MemoryFile(folder).load(after.intake)
    assert after.intake.texts_learned > 0
    assert after.frames(half, end) == expected
    assert anew.frames(half, end) != expected, "there is something to remember"


def test_a_copy_is_its_owners_alone(halves: Halves) -> None:
    (file,) = halves[2].glob("*.memory")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["cut", "flipped", "other layout", "not ours"])
def test_a_copy_that_cannot_be_read_is_said_and_left(
    simulation: Simulation,
    text_model: TextModel,
    halves: Halves,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    damage: str,
) -> None:
    packed = (halves[2] / "intake-0.memory").read_bytes()
    file, run = MemoryFile(tmp_path), Run(simulation, text_model)
    assert run.intake.memories is not None
    if damage == "other layout":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("linewatch.stream.intake.memories.LAYOUT", 2)
            asyncio.run(file.keep(run.intake, 0.0))
    else:
        middle = len(packed) // 2
        flipped = packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :]
        file.path.write_bytes({"cut": packed[:middle], "flipped": flipped, "not ours": b"x"}[damage])
    before = run.intake.memories
    with caplog.at_level(logging.WARNING, "linewatch"):
        file.load(run.intake)
    assert "begins anew" in caplog.text
    assert run.intake.memories is before
    assert not before.campaigns.campaigns


def test_lessons_for_another_text_model_are_forgotten_and_nothing_else(simulation: Simulation, halves: Halves) -> None:
    other = TextModel.load()
    other.version = "another"
    run = Run(simulation, other)
    MemoryFile(halves[2]).load(run.intake)
    assert run.intake.texts_learned == 0
    assert run.intake.memories is not None
    assert run.intake.memories.campaigns.campaigns


def test_each_worker_of_a_machine_has_its_own(tmp_path: Path) -> None:
    one, other = MemoryFile(tmp_path), MemoryFile(tmp_path)
    assert one.path != other.path
    one._lock.close()
    assert MemoryFile(tmp_path).path == one.path


def test_a_copy_is_made_when_it_is_due_and_a_full_disk_is_said(
    simulation: Simulation, text_model: TextModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, run = MemoryFile(tmp_path), Run(simulation, text_model)
    asyncio.run(file.keep(run.intake, 60.0))
    assert not file.path.exists()
    file.path = tmp_path / "gone" / "intake-0.memory"
    asyncio.run(file.keep(run.intake, 0.0))
    assert "cannot be copied" in caplog.text
    file.path = tmp_path / "intake-0.memory"
    asyncio.run(file.keep(run.intake, 0.0))
    assert file.path.exists()
    assert not list(tmp_path.glob("*.new"))


def test_a_folder_that_is_none_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    assert memory_file_in(tmp_path / "file") is None
    assert "not kept over a restart" in caplog.text


def test_with_feedback_frozen_there_is_nothing_to_copy(simulation: Simulation, text_model: TextModel, tmp_path: Path) -> None:
    file, run = MemoryFile(tmp_path), Run(simulation, text_model, feedback=False)
    asyncio.run(file.keep(run.intake, 0.0))
    assert not file.path.exists()

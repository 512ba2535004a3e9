"""Sightings logs in memory, as intake writes them, and partitions to apply them to."""

from typing import Any

import numpy as np

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.intake.intake import Intake, Part
from linewatch.stream.order.frame import Source, control_frame, idle_frame
from linewatch.stream.order.settings import OrderSettings
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.records.decode import kind_of
from linewatch.stream.records.kinds import KINDS
from linewatch.training.simulate.build import Simulation

PARTITIONS = 3
SOURCES = [Source(kind, kind, number) for kind in KINDS for number in range(2)]
NOW_MS = 1_800_000_000_000
STEP = 700
"""Records between two messages of a source."""


Log = list[tuple[int, bytes, int]]


def controls(simulation: Simulation) -> list[bytes]:
    policy, operator = shipped_policy().source, simulation.operator_toml()
    payloads = (("policy", policy.encode()), ("operator", operator.encode()), ("models", b""))
    return [control_frame(kind, 1, payload) for kind, payload in payloads]


def logs_of(
    simulation: Simulation, text_model: TextModel, partitions: int = PARTITIONS, epoch: int = 0, twice: int | None = None
) -> list[Log]:
    """The sightings log that intake makes of records spread over two partitions a topic: frames by partition.

    Of one simulation logs of any number of partitions have their messages at the same offsets. The records of step
    `twice` come once more with those after it.
    """
    random = np.random.default_rng(3)
    intake = Intake(operator_from_toml(simulation.operator_toml()), partitions, text_model)
    logs: list[list[bytes]] = [controls(simulation) for _ in range(partitions)]
    sources = [Source(source.topic_id, source.topic, source.partition, epoch) for source in SOURCES]
    offsets = dict.fromkeys(sources, 0)
    for begin in range(0, len(simulation.records), STEP):
        held: dict[Source, list[bytes]] = {source: [] for source in sources}
        again = STEP if twice is not None and begin == (twice + 1) * STEP else 0
        for raw in simulation.records[begin - again : begin + STEP]:
            held[Source(kind_of(raw), kind_of(raw), int(random.integers(0, 2)), epoch)].append(raw)
        for index in random.permutation(len(sources)).tolist():
            source = sources[index]
            values = held[source]
            places = range(offsets[source], offsets[source] + len(values))
            offsets[source] += len(values)
            result = intake.batch([Part(source, source.topic, values, list(places), [NOW_MS] * len(values), False)])
            assert not result.dead
            for log, frame in zip(logs, result.frames, strict=True):
                log.append(frame)
        clock_ms = max(intake.clock_ms(source) for source in sources)
        for log in logs:
            log.extend(idle_frame(source, clock_ms, idle=False) for source in sources)
    for log in logs:
        log.extend(idle_frame(source, intake.clock_ms(source), idle=True) for source in sources)
    return [[(offset, frame, 0) for offset, frame in enumerate(log)] for log in logs]


def partition(number: int, model: NumberModel, mode: Any) -> Partition:
    state = Partition(number, len(SOURCES), model)
    state.install("order", 1, OrderSettings(mode).payload())
    return state


def begun(log: Log, kind: str, *texts: bytes) -> Log:
    """The log with control records of `kind` spread over it, the first after a third of it."""
    frames = [frame for _, frame, _ in log]
    for turn, text in enumerate(texts):
        frames.insert(len(log) * (turn + 1) // 3, control_frame(kind, turn + 2, text))
    return [(offset, frame, 0) for offset, frame in enumerate(frames)]

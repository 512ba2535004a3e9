"""Feedback in replay is a function of the records: not of batches, nor of the order in which examples came."""

from collections.abc import Iterator

import msgspec
import numpy as np

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.text import TextModel
from linewatch.stream import replay as replaying
from linewatch.stream.decision.flag import Flag
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.learner.examples import Examples
from linewatch.stream.learner.hours import HourlyLearner, in_order
from linewatch.stream.learner.learner import Learner
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import Line, blocks_of_lines
from linewatch.training.simulate.build import Simulation


def flags_of(simulation: Simulation, text_model: TextModel, feedback: bool, batch: int = replaying.BATCH) -> list[bytes]:
    flags: list[Flag] = []
    operator = operator_from_toml(simulation.operator_toml())
    replay = replaying.Replay(
        shipped_policy(), operator, text_model, None, lambda output, dead: flags.extend(output.flags), feedback
    )
    lines = (Line("", number, raw) for number, raw in enumerate(simulation.records, 1))
    replay.run_blocks(blocks_of_lines(lines, batch))
    assert bool(replay.summary.snapshots) == feedback
    return [msgspec.json.encode(flag) for flag in flags]


def test_the_size_of_batches_changes_nothing(simulation: Simulation, text_model: TextModel) -> None:
    whole = flags_of(simulation, text_model, True)
    assert len(whole) >= 50
    assert flags_of(simulation, text_model, True, 173) == whole
    assert flags_of(simulation, text_model, False) != whole, "feedback shows in the flags"


def ordinary(random: np.random.Generator, count: int) -> Iterator[Examples]:
    for _ in range(count):
        rows = random.random((3, len(FEATURES))).astype(np.float32)
        yield Examples.of_ordinary(random.integers(0, HOUR_MS, 3), rows, random.integers(0, 1 << 62, 3).astype(np.uint64))


def verdict(index: int) -> Examples:
    row = np.full(len(FEATURES), index % 7, np.float32).tobytes()
    return Examples.of_verdict(index * 1000, row, index % 2, index % 3 == 0, 1.0, "analyst", f"v{index}", index)


def test_examples_are_learned_in_one_order_however_they_came() -> None:
    random = np.random.default_rng(2)
    examples = [*ordinary(random, 200), *map(verdict, range(40))]
    shuffled = [examples[place] for place in random.permutation(len(examples))]
    payloads = []
    for some in (examples, shuffled):
        hours = HourlyLearner(Learner(FEATURES, shipped_policy()))
        for one in some:
            hours.take([one])
        snapshot = hours.close(HOUR_MS)
        assert snapshot is not None
        payloads.append(snapshot)
    assert payloads[0] == payloads[1]
    times = [time for one in in_order(shuffled) for time in one.event_ms]
    assert times == sorted(times)


def test_an_hour_that_showed_nothing_gives_no_snapshot_and_a_longer_period_gives_fewer() -> None:
    policy = shipped_policy()
    slow = msgspec.structs.replace(policy, learner=msgspec.structs.replace(policy.learner, snapshot_s=4 * 3600.0))
    hours = HourlyLearner(Learner(FEATURES, slow))
    random, given = np.random.default_rng(3), []
    assert hours.close(HOUR_MS) is None
    for hour in range(2, 14):
        hours.take(ordinary(random, 2))
        if hours.close(hour * HOUR_MS) is not None:
            given.append(hour)
    assert given == [2, 4, 8, 12]
    needed = slow.learner.verdicts_per_snapshot
    hours.take(map(verdict, range(needed)))
    assert hours.close(14 * HOUR_MS) is not None, "enough verdicts do not wait for the period"

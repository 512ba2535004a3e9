"""Bounds: what is idle expires, over the cap the longest idle goes, never a row with a flag; and it stays gone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from linewatch.config.policy import policy_from_toml, shipped_policy
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.order.batch import Batch, by_time, cut, in_order, join
from linewatch.stream.order.sighting import SIGHTING
from linewatch.stream.profiles import recent
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.profiles.row import BLOCK_ROW, NUMBER_ROW
from linewatch.stream.profiles.store import Store, Table
from stream_helpers import BEGIN_MS, call

CAP = 300


def entities(table: Table) -> set[int]:
    return set(table.rows["entity"][: table.count].tolist())


def other(index: int, **changes: Any) -> dict[str, Any]:
    return call(index, calling=f"+66931{index:06d}", called=f"+66941{index:06d}", **changes)


def wangiri(begin: int) -> list[dict[str, Any]]:
    return [call(begin + index, ring_s=2) for index in range(120)]


def capped() -> Any:
    lines = ["rows = 300" if line.startswith("rows = ") else line for line in shipped_policy().source.splitlines()]
    policy = policy_from_toml("\n".join(lines))
    assert policy.caps.rows == CAP
    return policy


def test_over_the_cap_the_longest_idle_go_and_flags_stand(score: Callable[..., Any]) -> None:
    flags, replay = score([*wangiri(0), *(other(200 + index) for index in range(4000))], policy=capped())
    assert {flag.fraud_type for flag in flags} == {"wangiri"}
    store = replay.partition.store
    assert store.evicted > 5000
    assert store.gave_way > 5000
    assert store.numbers.count <= CAP + 4
    assert store.blocks.count <= 4 * CAP + 4
    held = entities(store.numbers)
    assert 66921000001 in held, "its flag stands"
    assert {66931000000 + 200 + index for index in range(3950, 4000)} <= held


def test_an_idle_row_expires_and_one_with_a_flag_lives_until_its_clear(score: Callable[..., Any]) -> None:
    month = 31 * DAY_MS // 15_000
    records = [*wangiri(0), other(130), *(other(month * 2 + index) for index in range(0, 3000, 10))]
    flags, replay = score(records)
    assert [flag.action for flag in flags if flag.action == "clear"] == ["clear"]
    held = entities(replay.partition.store.numbers)
    assert 66931000130 not in held
    assert replay.partition.store.evicted >= 2
    assert replay.partition.store.gave_way == 0


@pytest.mark.parametrize(("capacity", "pushed_out"), [(1 << 12, True), (1 << 20, False)])
def test_what_is_forgotten_though_it_is_recent_is_told(
    score: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capacity: int, pushed_out: bool
) -> None:
    monkeypatch.setattr(recent, "CAPACITY", capacity)
    _, replay = score([other(index, start_ms=BEGIN_MS + index) for index in range(5000)])
    assert (replay.partition.store.pushed_out > 0) is pushed_out


def test_what_was_forgotten_or_dropped_stays_so_after_a_restart(score: Callable[..., Any]) -> None:
    _, replay = score([other(index) for index in range(200)])
    state = replay.partition
    full = list(state.checkpoint(full=True))
    state.forget(66931000007)
    changes = list(state.checkpoint(full=False))
    restored = Partition(0, 4, None)
    restored.restore(full)
    assert 66931000007 in entities(restored.store.numbers)
    restored.restore(changes)
    assert entities(restored.store.numbers) == entities(state.store.numbers)
    assert 66931000007 not in entities(restored.store.numbers)
    assert sum(map(len, changes)) < sum(map(len, full)) / 3, "only what changed is written"


def test_sweeps_do_not_depend_on_how_sightings_are_cut() -> None:
    """The fold stops at a place that the sightings decide: by the clock, or by how many rows there are."""
    store = Store()
    assert store.due_ms() > 1 << 60
    store.running[0] = 5
    assert store.due_ms() == 5 + 3_600_000


@pytest.mark.parametrize("dtype", [NUMBER_ROW, BLOCK_ROW])
def test_a_table_keeps_and_merges_rows_by_entity(dtype: Any) -> None:
    table = Table(dtype)
    rows = np.zeros(5000, dtype)
    rows["entity"] = np.arange(1, 5001)
    table.update(rows, np.zeros(0, np.uint64))
    table.clean()
    assert table.keep(table.rows["entity"][: table.count] % 2 == 0) == 2500
    assert len(table.take_changed(everything=False)) == 0
    assert table.take_gone(everything=False).tolist() == list(range(1, 5001, 2))
    rows["last_ms"] = 7
    table.update(rows[:10], np.array([20], np.uint64))
    assert entities(table) == {*range(2, 5001, 2), 1, 3, 5, 7, 9} - {20}


def test_batches_are_cut_and_joined_with_their_text() -> None:
    random = np.random.default_rng(1)

    def batch(names: list[str]) -> Batch:
        rows = np.zeros(len(names), SIGHTING)
        pieces = [name.encode() for name in names]
        rows["event_ms"] = random.integers(0, 50, len(names))
        rows["record"] = random.integers(0, 5, len(names))
        rows["id_size"] = [len(piece) for piece in pieces]
        rows["id_at"] = np.cumsum(rows["id_size"]) - rows["id_size"]
        rows["entity"] = [abs(hash(name)) % (1 << 40) for name in names]
        return Batch(rows, np.frombuffer(b"".join(pieces), np.uint8))

    names = [f"{'é' * (index % 5)}{index}" for index in range(400)]
    by_entity = {abs(hash(name)) % (1 << 40): name for name in names}
    parts = [part for begin in range(0, 400, 100) for part in cut(by_time(batch(names[begin : begin + 100])), 37)]
    whole = in_order(join([*parts[::2], *parts[1::2]]))
    assert sorted(whole.record_id(index) for index in range(400)) == sorted(names)
    assert all(whole.record_id(index) == by_entity[int(whole.rows["entity"][index])] for index in range(400))
    keys = [(int(row["event_ms"]), int(row["record"]), int(row["role"])) for row in whole.rows]
    assert keys == sorted(keys)

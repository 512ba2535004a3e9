"""What the peers of `make bench` count, by hand, and that the parts of one another that cannot share code agree."""

import re
from pathlib import Path

import pytest

from linewatch.training.bench.peers import common, kafka_streams
from linewatch.training.bench.peers.common import Clock, Sums, fold, passes, step
from linewatch.training.bench.peers.measure import shares

FAST_S = 900.0


def test_a_call_counts_when_it_ends():
    assert step(1_000_000, 5.0, 20.0) == (1025.0, 1.0, 20.0)
    assert step(1_000_000, None, 0.0) == (1000.0, 0.0, 0.0)


def test_sums_halve_in_their_half_lives():
    first = fold(None, 0.0, 1.0, 60.0)
    assert first == [0.0, 1, 1, 1, 1, 1, 1, 60, 60, 60]

    second = fold(first, 14_400.0, 0.0, 0.0)  # sixteen fast half-lives, one of the day's, an eighteenth of the week's

    eighteenth = 0.5 ** (1 / 18)
    assert second == pytest.approx(
        [14_400.0, 1 + 2**-16, 1.5, 1 + eighteenth, 2**-16, 0.5, eighteenth, 60 * 2**-16, 30, 60 * eighteenth]
    )


def test_a_late_call_counts_as_if_it_had_been_in_time():
    steps = [(0.0, 1.0, 10.0), (FAST_S, 0.0, 0.0), (3 * FAST_S, 1.0, 7.0)]

    def folded(order: list[int]) -> Sums | None:
        sums = None
        for place in order:
            sums = fold(sums, *steps[place])
        return sums

    for order in ([2, 0, 1], [2, 1, 0], [1, 2, 0]):
        assert folded(order) == pytest.approx(folded([0, 1, 2]))


def test_one_alert_for_each_time_the_limit_is_passed():
    sums, told = None, []
    for count in range(1, 41):
        before, sums = sums, fold(sums, 0.0, 0.0, 0.0)
        told += [count] if passes(before, sums) else []

    assert told == [31]
    assert not passes(sums, fold(sums, FAST_S, 0.0, 0.0))


def test_the_java_peer_has_the_same_constants():
    source = (kafka_streams.HERE / f"{kafka_streams.MAIN}.java").read_text()
    half_lives = re.search(r"HALF_LIVES_S = \{(.*?)\}", source)
    limit = re.search(r" LIMIT = (\d+);", source)

    assert half_lives is not None
    assert tuple(float(one.replace("_", "")) for one in half_lives[1].split(",")) == common.HALF_LIVES_S
    assert limit is not None
    assert float(limit[1]) == common.LIMIT
    assert f"<version>{kafka_streams.VERSION}<" in (kafka_streams.HERE / "kafka-streams-pom.xml").read_text()


@pytest.mark.parametrize(
    ("sizes", "wanted", "expected"),
    [([10, 10, 10], 9, [3, 3, 3]), ([1, 10, 10], 12, [1, 5, 6]), ([0, 2, 1], 100, [0, 2, 1]), ([5, 5], 3, [1, 2])],
)
def test_exactly_as_many_records_are_left_as_are_counted(sizes, wanted, expected):
    assert shares(sizes, wanted) == expected


def test_the_clock_prints_once_with_the_last_record(capsys: pytest.CaptureFixture[str]):
    clock = Clock(2)
    clock.begin()

    assert [clock.count(), clock.count()] == [False, True]
    events, cpu_s, wall_s = capsys.readouterr().out.split()
    assert (events, float(cpu_s) >= 0, float(wall_s) >= 0) == ("2", True, True)


def test_what_runs_in_another_environment_imports_nothing_of_ours_but_the_common_file():
    source = Path(common.__file__).with_name("quix.py").read_text()
    ours = [line for line in source.splitlines() if line.startswith(("from linewatch", "import linewatch"))]
    assert ours == ["from linewatch.training.bench.peers.common import Clock, Peer, fold, passes, step"]
    assert "linewatch" not in "".join(
        line for line in Path(common.__file__).read_text().splitlines() if line.startswith(("from ", "import "))
    )

"""The demo's parts without its processes: traffic, pace, verdicts, what is shown."""

import io
from typing import Any

import msgspec
import pytest
from rich.console import Console

from linewatch.stream.demo.analyst import LOOKS_AFTER_MS, Analyst
from linewatch.stream.demo.board import Board
from linewatch.stream.demo.carrier import LEAST_DAYS, MOST_DAYS, UNHURRIED_S, Traffic, days_for, seconds_for, traffic_of
from linewatch.stream.demo.embedded_broker import executable, free_port
from linewatch.stream.demo.feeder import MOST_AHEAD, Feeder
from linewatch.stream.demo.summary import measures, show
from linewatch.stream.demo.view import CAUTION, view
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.records.kinds import TOPICS
from linewatch.training.simulate.build import Simulation

START_MS = 1_767_225_600_000


def flag(index: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "flag_id": f"f{index}",
        "number": f"+6692000{index:04d}",
        "fraud_type": "wangiri",
        "action": "block",
        "score": 0.97,
        "flagged_ms": START_MS + index,
        "reasons": [{"code": "short_rings_per_h", "value": 40.0, "threshold": 4.0, "text": "one ring, again and again"}],
    } | changes


def traffic(count: int, labels: list[dict[str, Any]] | None = None, related: list[dict[str, Any]] | None = None) -> Traffic:
    """Records at a steady pace over one day."""
    step = DAY_MS // count
    records = [(START_MS + index * step, "calls", b"%d" % index) for index in range(count)]
    return Traffic(records, labels or [], related or [], START_MS, START_MS + DAY_MS)


def test_traffic_is_moved_to_end_by_now_and_otherwise_the_same(simulation: Simulation) -> None:
    now_ms = simulation.world.end_ms + 1000 * DAY_MS + 12_345
    moved = traffic_of(simulation, now_ms)
    assert 0 <= now_ms - moved.end_ms < DAY_MS
    shift = moved.start_ms - simulation.world.start_ms
    assert shift % DAY_MS == 0
    assert len(moved.records) == len(simulation.records)
    for raw, (_, topic, record) in zip(simulation.records[::97], moved.records[::97], strict=True):
        before, after = msgspec.json.decode(raw), msgspec.json.decode(record)
        assert topic == TOPICS[before["kind"]]
        assert {key for key in before if before[key] != after[key]} <= {"start_ms", "submit_ms", "at_ms"}
    times = [handed_in for handed_in, _, _ in moved.records]
    assert times == sorted(times)


@pytest.mark.parametrize(("seconds", "days"), [(None, MOST_DAYS), (60, 1.0), (10, LEAST_DAYS), (86_400, MOST_DAYS)])
def test_how_many_days_fit(seconds: float | None, days: float) -> None:
    assert days_for(seconds) == days


def test_a_long_demo_is_fed_no_slower_than_an_endless_one() -> None:
    assert seconds_for(1.0, 60) == 60
    assert seconds_for(MOST_DAYS, 86_400) == seconds_for(MOST_DAYS, None) == MOST_DAYS * UNHURRIED_S


def test_the_feeder_hands_in_by_simulated_time_all_and_in_order() -> None:
    sent: list[bytes] = []
    feeder = Feeder(traffic(1000), 10.0, lambda topic, record: sent.append(record))
    for tick in range(51):
        feeder.tick(100 + tick / 10, feeder.sent)
    assert 450 < feeder.sent < 550
    for tick in range(51, 120):
        feeder.tick(100 + tick / 10, feeder.sent)
    assert feeder.finished
    assert sent == [b"%d" % index for index in range(1000)]


def test_the_feeder_waits_for_the_worker_and_its_time_stands_still() -> None:
    feeder = Feeder(traffic(5 * MOST_AHEAD), 10.0, lambda topic, record: None)
    for tick in range(200):
        feeder.tick(tick / 10, 0)
    assert feeder.sent == MOST_AHEAD
    stood = feeder.clock_ms
    feeder.tick(21.0, 0)
    assert (feeder.sent, feeder.clock_ms) == (MOST_AHEAD, stood)
    feeder.tick(21.1, 100)
    assert feeder.sent == MOST_AHEAD + 100


def test_the_analyst_answers_some_strong_flags_later_and_truly() -> None:
    labels = [{"number": flag(index)["number"], "fraud_type": "wangiri", "first_ms": START_MS} for index in range(0, 100, 2)]
    analyst = Analyst(traffic(10, labels))
    for index in range(100):
        analyst.sees(flag(index))
        analyst.sees(flag(index, flag_id=f"w{index}", action="watch"))
    assert list(analyst.says(START_MS)) == []
    verdicts = [msgspec.json.decode(raw) for raw in analyst.says(START_MS + LOOKS_AFTER_MS + 100)]
    assert 10 < len(verdicts) < 50
    frauds = {line["number"] for line in labels}
    assert {verdict["verdict"] for verdict in verdicts} == {"fraud", "legitimate"}
    assert all((verdict["verdict"] == "fraud") == (verdict["number"] in frauds) for verdict in verdicts)
    assert all(not verdict["flag_id"].startswith("w") for verdict in verdicts)
    assert list(analyst.says(START_MS + DAY_MS)) == []


def test_the_analyst_says_nothing_of_accomplices() -> None:
    related = [{"number": flag(index)["number"], "fraud_type": "wangiri", "role": "victim"} for index in range(100)]
    analyst = Analyst(traffic(10, related=related))
    for index in range(100):
        analyst.sees(flag(index))
    assert list(analyst.says(START_MS + DAY_MS)) == []


def filled_board() -> Board:
    board = Board("http://127.0.0.1:9464/metrics", "demo")
    board.clock_ms = START_MS + DAY_MS
    for index in range(20):
        board.flagged(msgspec.json.encode(flag(index)), 11.5)
    board.progress(0.0, 0)
    board.progress(4.0, 8000)
    return board


def rendered(board: Board, width: int, height: int) -> str:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False)
    console.print(view(board, height))
    return console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO


@pytest.mark.parametrize(("width", "height"), [(100, 24), (160, 60)])
def test_the_view_shows_all_that_it_should_and_fits(width: int, height: int) -> None:
    board = filled_board()
    for fraud_type in ("irsf", "sim_box", "robocall", "smishing"):
        board.flagged(msgspec.json.encode(flag(30, fraud_type=fraud_type)), 12.0)
    text = rendered(board, width, height)
    assert len(text.splitlines()) <= height
    for part in ("8,000 records", "2,000 a second", "24 flags", "+66920000030", "one ring", board.metrics, "Ctrl-C"):
        assert part in text
    assert CAUTION.split(":", maxsplit=1)[0] in text


def test_the_view_of_the_first_moment() -> None:
    assert "none yet" in rendered(Board("http://127.0.0.1:1/metrics", "demo"), 100, 24)


def test_lines_without_a_terminal_have_no_number_in_them() -> None:
    line = filled_board().line(12.0)
    assert "8,000 records" in line
    assert "wangiri 20" in line
    assert "+66" not in line


def test_the_summary_counts_the_fraud_that_had_begun() -> None:
    board = filled_board()
    board.clock_ms = START_MS + DAY_MS // 2
    labels = [
        {"number": flag(index)["number"], "fraud_type": "wangiri", "first_ms": START_MS + index * DAY_MS // 40}
        for index in range(0, 40, 2)
    ]
    by_type = {one.fraud_type: one for one in measures(board, traffic(10, labels))}
    assert by_type["wangiri"].truth == 11
    assert by_type["wangiri"].found == 10
    assert by_type["wangiri"].precision == pytest.approx(10 / 20)
    console = Console(file=io.StringIO(), width=120)
    show(console, board, traffic(10, labels))
    text = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
    assert "the first 11.5 s after" in text
    assert "demo/flags.jsonl" in text
    assert "+66" not in text


def test_another_port_where_one_is_taken() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert executable().name == "tansu"

"""`make bench`: replay and the worker, every detector and model on, beside an agent that does nothing and peers that count.

All figures of one call come from the same machine and minutes; compare them with each other, not with other calls.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from linewatch.config.worker import load_worker_config
from linewatch.stream.shell.admin import create_topics
from linewatch.training.bench.apache_kafka import Broker
from linewatch.training.bench.kafka_side import PORT, Measured, begin_anew, fill, measure_idle_agent, measure_workers, write_config
from linewatch.training.bench.peers import faust_table, kafka_streams, quix
from linewatch.training.bench.peers.measure import Figures, measure_peer
from linewatch.training.bench.records import read_lines, records_folder
from linewatch.training.bench.replay_side import measure_replay

IDLE_EVENTS = 300_000
PEERS = (kafka_streams.PEER, quix.PEER, faust_table.PEER)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of replay, of which the median counts")
    parser.add_argument("--records", type=int, default=None, help="only so many records")
    parser.add_argument("--no-peers", action="store_true", help="without Kafka Streams, Quix Streams and the Faust Table")
    settings = parser.parse_args()
    console = Console()
    with console.status("simulating records (kept for the next time)") as status:
        folder = records_folder(lambda step: status.update(f"simulating: {step}"))
        with tempfile.TemporaryDirectory() as made:
            _measure_replay(console, folder, Path(made), settings.runs, status.update)
            _measure_worker(console, folder, Path(made), settings.records, not settings.no_peers, status.update)


def _measure_replay(console: Console, folder: Path, made: Path, runs: int, say: object) -> None:
    table = Table("replay", "records", "numbers", "sightings scored", "records/s", "records per CPU-second")
    for workers in (1, 2):
        if callable(say):
            say(f"replay with {workers} processes")
        found = [measure_replay(folder, made / "flags.jsonl", workers) for _ in range(runs)]
        table.add_row(
            f"{workers} process{'es' if workers > 1 else ''}, median of {runs}",
            f"{found[0].records:,}",
            f"{found[0].numbers:,}",
            f"{found[0].scored:,}",
            f"{median(run.per_s for run in found):,.0f}",
            f"{median(run.records / run.cpu_s for run in found):,.0f}",
        )
    console.print(table)


def _measure_worker(console: Console, folder: Path, made: Path, most: int | None, with_peers: bool, say: object) -> None:
    tell = say if callable(say) else print
    tell("starting Kafka")
    with Broker(made) as broker:
        one, other = (write_config(broker.bootstrap, made, folder / "operator.toml", port) for port in (PORT, PORT + 1))
        create_topics(load_worker_config(one))
        lines = read_lines(folder)[:most]
        fill(broker.bootstrap, lines, lambda count: tell(f"filling the topics: {count:,} of {len(lines):,}"))
        tell("the agent that does nothing")
        events, idle_cpu_s, idle_wall_s = measure_idle_agent(broker.bootstrap, IDLE_EVENTS)
        tell("the worker")
        worker = measure_workers([one], broker.bootstrap)
        begin_anew(one, broker.bootstrap)
        tell("two workers")
        two = measure_workers([one, other], broker.bootstrap)
        _show(console, worker, two, events / idle_cpu_s, events / idle_wall_s)
        if with_peers:
            _measure_peers(console, broker.bootstrap, worker, tell)


def _show(console: Console, worker: Measured, two: Measured, idle_per_cpu_s: float, idle_per_s: float) -> None:
    per_cpu_s = worker.records / worker.cpu_s
    table = Table("from a pre-filled topic of a real Kafka", "records per CPU-second", "records/s", "times the idle agent")
    table.add_row("Faust agent that does nothing, single events", f"{idle_per_cpu_s:,.0f}", f"{idle_per_s:,.0f}", "1.0")
    table.add_row(
        "linewatch worker, everything on",
        f"{per_cpu_s:,.0f}",
        f"{worker.records / worker.wall_s:,.0f}",
        f"{per_cpu_s / idle_per_cpu_s:.1f}",
    )
    two_per_cpu_s = two.records / two.cpu_s
    table.add_row(
        f"two of them, {two_per_cpu_s / per_cpu_s:.2f} of one by CPU-second",
        f"{two_per_cpu_s:,.0f}",
        f"{two.records / two.wall_s:,.0f}",
        f"{two_per_cpu_s / idle_per_cpu_s:.1f}",
    )
    console.print(table)
    console.print(
        f"{worker.records:,.0f} records, {worker.sightings:,.0f} sightings, {worker.scored:,.0f} scored "
        f"({worker.scored / max(worker.sightings, 1):.1%}), {worker.flags:,.0f} flags, {worker.profiles:,.0f} numbers, "
        f"{worker.growth_bytes:,.0f} bytes of resident memory for each more number after the first quarter of them, "
        f"{worker.late_growth_bytes:,.0f} after the first half, "
        f"{worker.resident_bytes / max(worker.profiles, 1):,.0f} with the buffers that fill at first"
    )
    shares = Table("stage of the worker", "seconds", "share of its CPU time")
    for stage, seconds in sorted(worker.stages_s.items(), key=lambda item: -item[1]):
        shares.add_row(stage, f"{seconds:.1f}", f"{seconds / worker.cpu_s:.1%}")
    rest = worker.cpu_s - sum(worker.stages_s.values())
    shares.add_row("Faust, Kafka client, event loop, the rest", f"{rest:.1f}", f"{rest / worker.cpu_s:.1%}")
    console.print(shares)


def _measure_peers(console: Console, bootstrap: str, worker: Measured, tell: Callable[[str], None]) -> None:
    found: list[Figures] = []
    for peer in PEERS:
        tell(f"peer: {peer.name}")
        found.append(measure_peer(peer, bootstrap))
    table = Table("peers", "records", "records per CPU-second", "records/s", "worker to peer", "told of")
    worker_per_cpu_s = worker.records / worker.cpu_s
    table.add_row(
        "linewatch worker, everything on",
        f"{worker.records:,.0f}",
        f"{worker_per_cpu_s:,.0f}",
        f"{worker.records / worker.wall_s:,.0f}",
        "",
        f"{worker.flags:,.0f} flags",
    )
    for peer, figures in zip(PEERS, found, strict=True):
        per_cpu_s = figures.records / figures.cpu_s
        table.add_row(
            peer.name,
            f"{figures.records:,}",
            f"{per_cpu_s:,.0f}",
            f"{figures.records / figures.wall_s:,.0f}",
            f"{worker_per_cpu_s / per_cpu_s:.1f}",
            f"{figures.alerts:,} alerts",
        )
    console.print(table)
    for peer in PEERS:
        console.print(f"{peer.name}: {peer.does}. It detects nothing else.")
    console.print(
        "Peers read the last of the calls that the worker reads, from the first record to the last one through its sums: "
        "repartitioning by calling number is in the figure, so is warm-up; what a cache or a checkpoint still holds then is not."
    )


if __name__ == "__main__":
    main()

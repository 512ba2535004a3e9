"""How long a record takes to become an acknowledged flag: a steady pace, a million numbers in state, garbage and flushes included.

A worker works off the first of the records of `make bench` and leaves. Another recovers its state, which is timed too, and is fed
the others at each pace in turn; the worker's own histogram says the rest.
"""

import argparse
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from confluent_kafka import Producer
from rich.console import Console
from rich.table import Table

from linewatch.config.worker import load_worker_config
from linewatch.stream.records.decode import kind_of
from linewatch.stream.records.kinds import TOPICS
from linewatch.stream.shell.admin import create_topics
from linewatch.training.bench.apache_kafka import Broker
from linewatch.training.bench.kafka_side import PARTITIONS, PREFIX, Worker, fill, write_config
from linewatch.training.bench.records import read_lines, records_folder

FAMILY: Final = "linewatch_flag_latency_seconds_bucket"
QUANTILES: Final = (0.5, 0.99, 0.999)
BURST_S: Final = 0.01


class Pace(NamedTuple):
    """What was fed, and what came of it: by the upper edge of a bucket, in s, how many flags fell into it."""

    asked_per_s: float
    fed_per_s: float
    flags: int
    buckets: list[tuple[float, int]]

    def at_most_s(self, quantile: float) -> float:
        """The upper edge of the bucket that a quantile falls into."""
        left = quantile * self.flags
        for edge, count in self.buckets:
            left -= count
            if left <= 0:
                return edge
        return self.buckets[-1][0]


def feed(bootstrap: str, lines: list[bytes], per_s: float) -> float:
    """Send at a steady pace, in bursts of `BURST_S`; returns the pace that was kept."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 1, "queue.buffering.max.messages": 1_000_000})
    topics = [PREFIX + TOPICS[kind_of(raw) or "call"] for raw in lines]
    burst = max(1, round(per_s * BURST_S))
    began = time.monotonic()
    for begin in range(0, len(lines), burst):
        for place in range(begin, min(begin + burst, len(lines))):
            producer.produce(topics[place], lines[place], partition=place % PARTITIONS)
        producer.poll(0)
        time.sleep(max(0.0, began + (begin + burst) / per_s - time.monotonic()))  # the pace that is asked for
    producer.flush(60)
    return len(lines) / (time.monotonic() - began)


def _buckets(worker: Worker) -> list[tuple[float, int]]:
    found = sorted((float(labels["le"]), int(value)) for name, labels, value in worker.metrics() if name == FAMILY)
    return [(edge, count - before) for (edge, count), (_, before) in zip(found, [(0.0, 0), *found], strict=False)]


def measure(worker: Worker, bootstrap: str, lines: list[bytes], per_s: float) -> Pace:
    """Feed at one pace, let all be worked off, and take what the histogram has more than before."""
    before = _buckets(worker)
    fed_per_s = feed(bootstrap, lines, per_s)
    worker.work_off()
    buckets = [(edge, count - held) for (edge, count), (_, held) in zip(_buckets(worker), before, strict=True)]
    return Pace(per_s, fed_per_s, sum(count for _, count in buckets), buckets)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m linewatch.training.bench.latency", description=__doc__)
    parser.add_argument("--paces", type=float, nargs="+", default=[20_000.0, 50_000.0], help="records per second")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each pace is kept")
    settings = parser.parse_args()
    console = Console()
    with console.status("simulating records (kept for the next time)") as status, tempfile.TemporaryDirectory() as made:
        folder = records_folder(lambda step: status.update(f"simulating: {step}"))
        with Broker(Path(made)) as broker:
            config = write_config(broker.bootstrap, Path(made), folder / "operator.toml")
            create_topics(load_worker_config(config))
            lines = read_lines(folder)
            counts = [int(per_s * settings.seconds) for per_s in settings.paces]
            known = len(lines) - sum(counts)
            fill(broker.bootstrap, lines[:known], lambda count: status.update(f"filling the topics: {count:,} of {known:,}"))
            status.update("a worker that works them off")
            with Worker(config, broker.bootstrap) as worker:
                worker.wait_ready()
                worker.work_off()
            status.update("a worker that recovers its state")
            with Worker(config, broker.bootstrap) as worker:
                ready_s = worker.wait_ready()
                worker.work_off()
                profiles = worker.total("linewatch_profiles")
                console.print(f"{profiles:,.0f} profiles recovered, and the worker ready, {ready_s:.1f} s after its start")
                rest, paces = iter(lines[known:]), []
                for per_s, count in zip(settings.paces, counts, strict=True):
                    status.update(f"{per_s:,.0f} records/s")
                    paces.append(measure(worker, broker.bootstrap, list(islice(rest, count)), per_s))
    _show(console, paces)


def _show(console: Console, paces: list[Pace]) -> None:
    table = Table("records/s asked for", "fed", "flags", *(f"p{100 * quantile:g} at most" for quantile in QUANTILES))
    for pace in paces:
        quantiles = [f"{pace.at_most_s(quantile) * 1000:,.0f} ms" for quantile in QUANTILES]
        table.add_row(f"{pace.asked_per_s:,.0f}", f"{pace.fed_per_s:,.0f}", f"{pace.flags:,}", *quantiles)
    console.print(table)


if __name__ == "__main__":
    main()

"""The worker and the idle agent against one real Kafka, over the same pre-filled topics."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
from confluent_kafka import Consumer, Producer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from linewatch.stream.records.decode import kind_of
from linewatch.stream.records.kinds import TOPICS

PARTITIONS = 8
PREFIX = "bench."
PORT = 9475
CONFIG = """\
[kafka]
bootstrap_servers = "{bootstrap}"
group = "bench"
[topics]
prefix = "bench."
partitions = 8
[state]
directory = "{folder}/state"
[metrics]
port = 9475
[operator]
file = "{operator}"
"""


class Measured(msgspec.Struct):
    """What a worker did between being ready and having worked all off."""

    records: float
    cpu_s: float
    wall_s: float
    flags: float
    scored: float
    sightings: float
    profiles: float
    resident_bytes: float
    growth_bytes: float
    late_growth_bytes: float
    stages_s: dict[str, float]


def fill(bootstrap: str, lines: Iterable[bytes], progress: Callable[[int], None]) -> None:
    """Write the records to their topics, spread over the partitions in turn."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
    for count, raw in enumerate(lines):
        topic = PREFIX + TOPICS[kind_of(raw) or "call"]
        while True:
            try:
                producer.produce(topic, raw, partition=count % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.1)
        if count % 10_000 == 0:
            producer.poll(0)
            progress(count)
    producer.flush(120)


def write_config(bootstrap: str, folder: Path, operator: Path) -> Path:
    """The worker's configuration: as shipped, but for places."""
    path = folder / "worker.toml"
    path.write_text(CONFIG.format(bootstrap=bootstrap, folder=folder, operator=operator))
    return path


class Worker:
    """A `linewatch worker` on these topics, as a context: ready when it is entered, told to leave when it is left."""

    def __init__(self, config: Path, bootstrap: str, log: Path) -> None:
        self._command = [sys.executable, "-m", "linewatch", "worker", "--config", str(config)]
        self._bootstrap, self._log = bootstrap, log

    def __enter__(self) -> "Worker":
        self._out = self._log.open("wb")
        self._process = subprocess.Popen(self._command, stdout=self._out, stderr=self._out)
        began = time.monotonic()
        try:
            self.wait(lambda: _answers("/readyz"))
        except BaseException:
            self.__exit__()
            raise
        self.ready_s = time.monotonic() - began
        return self

    def __exit__(self, *failure: object) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._out.close()

    def wait(self, condition: Callable[[], bool], look: Callable[[], None] = lambda: None) -> None:
        """Until a condition holds; fails with the log where the worker died."""
        look()
        while not condition():
            if self._process.poll() is not None:
                raise RuntimeError(f"the worker ended with status {self._process.returncode}: {self._log.read_text()[-2000:]}")
            time.sleep(0.5)  # between two looks
            look()

    def work_off(self, look: Callable[[], None] = lambda: None) -> None:
        """Until all is read, worked off and committed."""
        self.wait(lambda: _all_read(self._bootstrap), look)


def measure_worker(config: Path, bootstrap: str, log: Path) -> Measured:
    """Run a worker until all is worked off and committed."""
    with Worker(config, bootstrap, log) as worker:
        began, before = time.monotonic(), metrics()
        sizes: list[tuple[float, float]] = []
        worker.work_off(lambda: sizes.append(_size()))
        wall_s, after = time.monotonic() - began, metrics()
    return Measured(
        records=_sum(after, "linewatch_records_total"),
        cpu_s=_sum(after, "process_cpu_seconds_total") - _sum(before, "process_cpu_seconds_total"),
        wall_s=wall_s,
        flags=_sum(after, "linewatch_flags_total"),
        scored=_sum(after, "linewatch_sightings_scored_total"),
        sightings=_sum(after, "linewatch_sightings_applied_total"),
        profiles=_sum(after, "linewatch_profiles"),
        growth_bytes=_growth(sizes, 0.25),
        late_growth_bytes=_growth(sizes, 0.5),
        resident_bytes=_sum(after, "process_resident_memory_bytes") - _sum(before, "process_resident_memory_bytes"),
        stages_s={
            labels["stage"]: value for name, labels, value in after if name == "linewatch_stage_seconds_sum" and "stage" in labels
        },
    )


Samples = list[tuple[str, dict[str, str], float]]


def metrics() -> Samples:
    """Name, labels and value of all that the worker shows."""
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return [(sample.name, sample.labels, sample.value) for family in families for sample in family.samples]


def _size() -> tuple[float, float]:
    """Numbers held, and resident bytes."""
    samples = metrics()
    return _sum(samples, "linewatch_profiles"), _sum(samples, "process_resident_memory_bytes")


def _growth(sizes: list[tuple[float, float]], share: float) -> float:
    """Bytes that came for each number that came, from a share of them on: buffers fill before, some in ten minutes of records."""
    last = sizes[-1]
    first = next(size for size in sizes if size[0] >= last[0] * share)
    return (last[1] - first[1]) / max(1.0, last[0] - first[0])


def _sum(samples: Samples, name: str) -> float:
    return sum(value for found, _, value in samples if found == name)


def _answers(path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _all_read(bootstrap: str) -> bool:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench"})
    try:
        for topic in [*TOPICS.values(), "sightings"]:
            places = [TopicPartition(PREFIX + topic, number) for number in range(PARTITIONS)]
            for place in consumer.committed(places, timeout=10):
                if max(0, place.offset) < consumer.get_watermark_offsets(place, timeout=10)[1]:
                    return False
        return True
    finally:
        consumer.close()


def measure_idle_agent(bootstrap: str, events: int) -> tuple[int, float, float]:
    """Events, CPU seconds and wall seconds of the agent that does nothing."""
    command = [sys.executable, "-m", "linewatch.training.bench.idle_agent", bootstrap, "bench-idle", PREFIX + "calls", str(events)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    count, cpu_s, wall_s = done.stdout.split()[-3:]
    return int(count), float(cpu_s), float(wall_s)

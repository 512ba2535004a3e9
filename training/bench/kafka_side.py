"""The worker and the idle agent against one real Kafka, over the same pre-filled topics."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from prometheus_client.parser import text_string_to_metric_families

from linewatch.config.worker import load_worker_config
from linewatch.stream.records.decode import kind_of
from linewatch.stream.records.kinds import TOPICS
from linewatch.stream.shell.admin import create_topics
from linewatch.stream.shell.topics import Names, specifications
from linewatch.training.bench.apache_kafka import wait_until

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
port = {port}
[operator]
file = "{operator}"
"""

_NOT_YET = {KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS}
"""What a broker answers that has only begun to look after groups."""

Samples = list[tuple[str, dict[str, str], float]]


class Measured(msgspec.Struct):
    """What workers did from before the first record to having worked all off."""

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


def write_config(bootstrap: str, folder: Path, operator: Path, port: int = PORT) -> Path:
    """A worker's configuration: as shipped, but for places."""
    path = folder / f"worker-{port}.toml"
    path.write_text(CONFIG.format(bootstrap=bootstrap, folder=folder, operator=operator, port=port))
    return path


class Worker:
    """A `linewatch worker` on these topics, as a context: started when it is entered, told to leave when it is left."""

    def __init__(self, config: Path, bootstrap: str) -> None:
        self._command = [sys.executable, "-m", "linewatch", "worker", "--config", str(config)]
        self._bootstrap, self._log = bootstrap, config.with_suffix(".log")
        self._port = load_worker_config(config).metrics.port

    def __enter__(self) -> "Worker":
        self._out = self._log.open("wb")
        self._process = subprocess.Popen(self._command, stdout=self._out, stderr=self._out)
        self._began = time.monotonic()
        return self

    def __exit__(self, *failure: object) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._out.close()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait(60)

    def wait_ready(self) -> float:
        """Until it is ready; returns how many seconds after its start it was."""
        self.wait(lambda: self.answers("/readyz"))
        return time.monotonic() - self._began

    def wait(self, condition: Callable[[], bool], look: Callable[[], None] = lambda: None) -> None:
        """Until a condition holds; fails with the log where the worker died."""
        look()
        while not condition():
            if self._process.poll() is not None:
                raise RuntimeError(f"the worker ended with status {self._process.returncode}: {self._log.read_text()[-2000:]}")
            time.sleep(0.2)  # between two looks
            look()

    def work_off(self, look: Callable[[], None] = lambda: None) -> None:
        """Until all is read, worked off and committed."""
        self.wait(lambda: _all_read(self._bootstrap), look)

    def answers(self, path: str) -> bool:
        """Whether it serves a path, and says that it is well there."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def metrics(self) -> Samples:
        """Name, labels and value of all that it shows."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=10) as answer:
            families = text_string_to_metric_families(answer.read().decode())
            return [(sample.name, sample.labels, sample.value) for family in families for sample in family.samples]

    def total(self, name: str) -> float:
        """A metric's value now, summed over its labels."""
        return _sum(self.metrics(), name)


def measure_workers(configs: Sequence[Path], bootstrap: str) -> Measured:
    """Run workers until all is worked off and committed; figures are of all of them together."""
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(config, bootstrap)) for config in configs]
        before = _before_the_first_record(workers)
        began = min(at for at, _ in before)

        def together() -> Samples:
            return [sample for worker in workers for sample in worker.metrics()]

        def size() -> tuple[float, float]:
            samples = together()
            return _sum(samples, "linewatch_profiles"), _sum(samples, "process_resident_memory_bytes")

        sizes: list[tuple[float, float]] = []
        workers[0].work_off(lambda: sizes.append(size()))
        wall_s, after = time.monotonic() - began, together()

    def came(name: str) -> float:
        return _sum(after, name) - sum(_sum(samples, name) for _, samples in before)

    return Measured(
        records=came("linewatch_records_total"),
        cpu_s=came("process_cpu_seconds_total"),
        wall_s=wall_s,
        flags=came("linewatch_flags_total"),
        scored=came("linewatch_sightings_scored_total"),
        sightings=came("linewatch_sightings_applied_total"),
        profiles=_sum(after, "linewatch_profiles"),
        growth_bytes=_growth(sizes, 0.25),
        late_growth_bytes=_growth(sizes, 0.5),
        resident_bytes=came("process_resident_memory_bytes"),
        stages_s={
            labels["stage"]: value for name, labels, value in after if name == "linewatch_stage_seconds_sum" and "stage" in labels
        },
    )


def _before_the_first_record(workers: Sequence[Worker]) -> list[tuple[float, Samples]]:
    """What each showed last with no record read, and when: what they read before they are ready counts too."""
    shown: dict[Worker, tuple[float, Samples]] = {}
    reading: set[Worker] = set()

    def all_read() -> bool:
        for worker in workers:
            if worker not in reading and worker.answers("/metrics"):
                at, samples = time.monotonic(), worker.metrics()
                if _sum(samples, "linewatch_records_total"):
                    reading.add(worker)
                    shown.setdefault(worker, (at, samples))
                else:
                    shown[worker] = at, samples
        return len(reading) == len(workers)

    workers[0].wait(all_read)
    return [shown[worker] for worker in workers]


def begin_anew(config: Path, bootstrap: str) -> None:
    """Forget all that workers made of the records: their topics and their group."""
    settings = load_worker_config(config)
    sources = set(Names(settings.topics.prefix).sources.values())
    client = AdminClient({"bootstrap.servers": bootstrap})
    derived = [topic.name for topic in specifications(settings) if topic.name not in sources]
    for gone in client.delete_topics(derived).values():
        gone.result()
    client.delete_consumer_groups([settings.kafka.group])[settings.kafka.group].result()
    wait_until(lambda: not set(derived) & client.list_topics(timeout=10).topics.keys(), 60, "topics that are gone")
    create_topics(settings)


def _growth(sizes: list[tuple[float, float]], share: float) -> float:
    """Bytes that came for each number that came, from a share of them on: buffers fill before, some in ten minutes of records."""
    last = sizes[-1]
    first = next(size for size in sizes if size[0] >= last[0] * share)
    return (last[1] - first[1]) / max(1.0, last[0] - first[0])


def _sum(samples: Samples, name: str) -> float:
    return sum(value for found, _, value in samples if found == name)


def _all_read(bootstrap: str) -> bool:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench"})
    try:
        for topic in [*TOPICS.values(), "sightings"]:
            places = [TopicPartition(PREFIX + topic, number) for number in range(PARTITIONS)]
            for place in consumer.committed(places, timeout=10):
                if max(0, place.offset) < consumer.get_watermark_offsets(place, timeout=10)[1]:
                    return False
        return True
    except KafkaException as error:
        if error.args[0].code() not in _NOT_YET:
            raise
        return False
    finally:
        consumer.close()


def measure_idle_agent(bootstrap: str, events: int) -> tuple[int, float, float]:
    """Events, CPU seconds and wall seconds of the agent that does nothing."""
    command = [sys.executable, "-m", "linewatch.training.bench.idle_agent", bootstrap, "bench-idle", PREFIX + "calls", str(events)]
    with TemporaryDirectory() as folder:  # Faust makes one of its own there
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600, cwd=folder)
    count, cpu_s, wall_s = done.stdout.split()[-3:]
    return int(count), float(cpu_s), float(wall_s)

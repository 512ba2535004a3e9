"""A deployment for the tests: topics under a prefix of its own on a real Kafka, a carrier that feeds, workers as processes."""

import asyncio
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from linewatch.config.worker import load_worker_config
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.records.decode import kind_of
from linewatch.stream.records.kinds import TOPICS
from linewatch.stream.shell.durable import read_units
from linewatch.stream.shell.inspect import partition_state
from linewatch.training.bench.apache_kafka import free_ports, wait_until

COMMAND = [sys.executable, "-m", "linewatch"]
CONFIG = """\
[kafka]
{kafka}
group = "{prefix}group"
[topics]
prefix = "{prefix}"
partitions = {partitions}
replication = {replication}
[order]
mode = "{mode}"
feedback = {feedback}
[state]
directory = "{folder}/state"
checkpoint_s = {checkpoint_s}
memory_s = {memory_s}
[metrics]
port = {port}
[operator]
file = "{operator}"
"""
SETTLED_S = 240.0


class WorkerProcess:
    """One `linewatch worker`, with its log and its metrics."""

    def __init__(self, config: Path, port: int, log: Path, **process: Any) -> None:
        self.port = port
        self.log = log
        self._out = log.open("ab")
        command = [*COMMAND, "worker", "--config", str(config)]
        self.process = subprocess.Popen(command, stdout=self._out, stderr=self._out, **process)

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of one of its pages; status 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        status, body = self.get("/metrics")
        assert status == 200, self.log.read_text()[-3000:]
        samples = [sample for family in text_string_to_metric_families(body) for sample in family.samples]
        return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())

    def is_ready(self) -> bool:
        """Whether `/readyz` says so."""
        return self.get("/readyz")[0] == 200

    def wait_ready(self, timeout_s: float = 90.0) -> "WorkerProcess":
        """Until `/readyz` says so; fails with its log where it died."""

        def ready() -> bool:
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            return self.is_ready()

        wait_until(ready, timeout_s, "a ready worker")
        return self

    def kill(self, how: int = signal.SIGKILL) -> int:
        """Send the signal and wait; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        status = self.process.wait(60)
        self._out.close()
        return status


class Deployment:
    """Use as a context manager: what still runs at the end is killed."""

    def __init__(
        self,
        bootstrap: str,
        folder: Path,
        operator: Path,
        mode: str = "canonical",
        feedback: bool = False,
        partitions: int = 6,
        checkpoint_s: float = 2.0,
        memory_s: float = 300.0,
        kafka: str = "",
        replication: int = 1,
    ) -> None:
        self.bootstrap, self.folder, self.partitions = bootstrap, folder, partitions
        self.source_partitions = partitions
        self.prefix = f"t{uuid4().hex[:8]}."
        self.workers: list[WorkerProcess] = []
        self._settings = {
            "bootstrap": bootstrap,
            "prefix": self.prefix,
            "partitions": partitions,
            "mode": mode,
            "feedback": str(feedback).lower(),
            "folder": folder,
            "checkpoint_s": checkpoint_s,
            "memory_s": memory_s,
            "operator": operator,
            "replication": replication,
            "kafka": kafka or f'bootstrap_servers = "{bootstrap}"',
        }
        self.config = self._write_config(0)
        self.written: dict[tuple[str, int], int] = {}

    def _write_config(self, port: int) -> Path:
        path = self.folder / f"worker-{port}.toml"
        path.write_text(CONFIG.format(port=port, **self._settings))
        return path

    def __enter__(self) -> "Deployment":
        self.run("topics", "--config", str(self.config))
        return self

    def __exit__(self, *failure: object) -> None:
        for worker in self.workers:
            worker.kill()

    def run(self, *arguments: str, status: int = 0) -> str:
        """A command of linewatch; its standard output."""
        done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def say_partitions(self, count: int) -> None:
        """From here on configurations say so: of the log, not of the topics that it is fed from."""
        self.partitions = self._settings["partitions"] = count
        self.config = self._write_config(0)

    def start_worker(self, **process: Any) -> WorkerProcess:
        """One more worker of the group; `process` is what `subprocess` is to do otherwise."""
        port = free_ports(1)[0]
        worker = WorkerProcess(self._write_config(port), port, self.folder / f"worker-{port}.log", **process)
        self.workers.append(worker)
        return worker

    def feed(
        self,
        records: Iterable[bytes | tuple[str, bytes | None]],
        seed: int = 1,
        per_s: float | None = None,
        speed: float | None = None,
    ) -> None:
        """Write records, or (topic, value) pairs, to partitions drawn at random.

        All at once, so many a second (`per_s`), or at so many times their own speed (`speed`).
        """
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "linger.ms": 5,
                "queue.buffering.max.messages": 1_000_000,
                "message.max.bytes": 2_000_000,
                "enable.idempotence": True,  # else a send that is tried again may change places
            }
        )
        draw = random.Random(seed)
        began, first_ms = time.monotonic(), None
        for count, record in enumerate(records, 1):
            topic, raw = record if isinstance(record, tuple) else (TOPICS[kind_of(record) or "call"], record)
            self._send(producer, self.prefix + topic, raw, draw.randrange(self.source_partitions))
            if count % 100 == 0 and (per_s or speed):
                producer.poll(0)
                event_ms = event_time_ms(raw)
                first_ms = event_ms if first_ms is None else first_ms
                due_s = count / per_s if per_s else (event_ms - first_ms) / 1000 / (speed or 1.0)
                time.sleep(max(0.0, began + due_s - time.monotonic()))  # the pace that the test asks for
        assert producer.flush(60) == 0

    def _send(self, producer: Producer, topic: str, raw: bytes | None, partition: int) -> None:
        """One record, counted as written once the broker has it."""

        def delivered(error: Any, message: Message) -> None:
            assert error is None, error
            place = (topic, partition)
            self.written[place] = self.written.get(place, 0) + 1

        while True:
            try:
                producer.produce(topic, raw, partition=partition, on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)

    def offsets(self, topic: str) -> tuple[list[int], list[int]]:
        """Committed offsets of the group (0 for none) and ends, by partition."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": f"{self.prefix}group"})
        try:
            name = self.prefix + topic
            places = [TopicPartition(name, number) for number in consumer.list_topics(name, timeout=10).topics[name].partitions]
            committed = [max(0, place.offset) for place in consumer.committed(places, timeout=10)]
            return committed, [consumer.get_watermark_offsets(place, timeout=10)[1] for place in places]
        finally:
            consumer.close()

    def is_settled(self) -> bool:
        """Whether all is worked off and durable, by the group's committed offsets."""
        try:
            return all(committed == ends for committed, ends in map(self.offsets, [*TOPICS.values(), "sightings"]))
        except KafkaException:
            return False

    def wait_settled(self, timeout_s: float = SETTLED_S) -> None:
        """Until all is worked off and nothing has been written to the log for a while."""

        def settled() -> bool:
            for worker in self.workers:
                assert worker.process.poll() in {None, 0, -signal.SIGKILL}, worker.log.read_text()[-3000:]
            return self.is_settled() and all(w.metric("linewatch_sightings_held") == 0 for w in self.running())

        try:
            wait_until(settled, timeout_s, "a settled deployment")
        except AssertionError as error:
            error.add_note(f"committed and ends: { {topic: self.offsets(topic) for topic in [*TOPICS.values(), 'sightings']} }")
            error.add_note(f"held: {[worker.metric('linewatch_sightings_held') for worker in self.running()]}")
            error.add_note(f"by the log: {self._waits_for()}")
            raise
        ends = [self.offsets("sightings")[1]]

        def still() -> bool:
            ends.append(self.offsets("sightings")[1])
            return len(ends) > 8 and all(end == ends[-1] for end in ends[-8:]) and settled()

        wait_until(still, timeout_s, "a log at rest")

    def _waits_for(self) -> dict[int, tuple[int, int, dict[Any, Any]]]:
        """By partition its epoch, what it holds when the log is folded to its end, and the sources that are not silent in it."""
        config, found = load_worker_config(self.config), {}
        for number in range(self.partitions):
            state = partition_state(config, number)
            found[number] = state.epoch, len(state.hold), {s: mark for s, mark in state.hold.marks.items() if not mark.idle}
        return found

    def running(self) -> list[WorkerProcess]:
        """The workers that live."""
        return [worker for worker in self.workers if worker.process.poll() is None]

    def read(self, topic: str) -> list[Message]:
        """All messages of a topic as it stands, partition by partition."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": uuid4().hex,
                "enable.partition.eof": True,
                "enable.auto.commit": False,
            }
        )
        found: list[Message] = []
        try:
            name = self.prefix + topic
            for number in sorted(consumer.list_topics(name, timeout=10).topics[name].partitions):
                low, high = consumer.get_watermark_offsets(TopicPartition(name, number), timeout=10)
                consumer.assign([TopicPartition(name, number, low)])
                position = low
                while position < high:
                    message = consumer.poll(10)
                    assert message is not None, "the topic stopped answering"
                    assert message.error() is None, message.error()
                    position = (message.offset() or 0) + 1
                    found.append(message)
        finally:
            consumer.close()
        return found

    def flags(self) -> list[dict[str, Any]]:
        """The flags sent, repeats of the same flag counted once; two that differ under one id fail."""
        by_id: dict[str, dict[str, Any]] = {}
        for message in self.read("flags"):
            flag = msgspec.json.decode(message.value() or b"")
            assert by_id.setdefault(flag["flag_id"], flag) == flag
            assert message.key() == flag["number"].encode()
            assert ("linewatch-contract", b"1") in (message.headers() or [])
        return list(by_id.values())

    def warnings(self) -> dict[str, dict[str, Any]]:
        """The warnings sent, by id; two that differ under one id fail."""
        by_id: dict[str, dict[str, Any]] = {}
        for message in self.read("warnings"):
            warning = msgspec.json.decode(message.value() or b"")
            assert by_id.setdefault(warning["warning_id"], warning) == warning
            assert message.key() == warning["number"].encode()
        return by_id

    def acts(self) -> dict[int, int]:
        """By number how often it called or sent, as the durable units of the state topic have it."""
        return asyncio.run(self._acts())

    async def _acts(self) -> dict[int, int]:
        config = load_worker_config(self.config)
        acts: dict[int, int] = {}
        for number in range(self.partitions):
            state = Partition(number, 4 * self.partitions, None)
            for unit in await read_units(config, f"{self.prefix}state", number):
                state.restore(unit.chunks)
            acts |= acts_of(state)
        return acts

    def flags_by_log(self, warnings: Path | None = None) -> list[dict[str, Any]]:
        """What `replay --log` says must have been flagged; `warnings` is where it leaves those."""
        out = self.folder / f"by-log-{uuid4().hex[:6]}.jsonl"
        beside = ["--warnings", str(warnings)] if warnings is not None else []
        self.run("replay", "--log", "--config", str(self.config), "--flags", str(out), *beside)
        return read_flags(out)


def acts_of(state: Partition) -> dict[int, int]:
    """By number how often it called or sent; those that never did are left out."""
    rows = state.store.numbers.rows[: state.store.numbers.count]
    acting = rows[rows["seen"] > 0]
    return dict(zip(acting["entity"].tolist(), acting["seen"].tolist(), strict=True))


class _Times(msgspec.Struct):
    start_ms: int = 0
    ring_s: float | None = None
    duration_s: float = 0.0
    submit_ms: int = 0
    at_ms: int = 0


def event_time_ms(raw: bytes | None) -> float:
    """The event time of a record."""
    times = msgspec.json.decode(raw or b"{}", type=_Times)
    return times.submit_ms or times.at_ms or times.start_ms + 1000 * (times.duration_s + (times.ring_s or 0.0))


def read_flags(path: Path) -> list[dict[str, Any]]:
    """The flags of a file."""
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


def assert_same_flags(these: Sequence[dict[str, Any]], those: Sequence[dict[str, Any]], least: int = 300, types: int = 5) -> None:
    """Equal, field by field, in any order; and enough of them to mean something."""
    assert len(those) >= least, len(those)
    assert len({flag["fraud_type"] for flag in those}) >= types
    one, other = ({flag["flag_id"]: flag for flag in flags} for flags in (these, those))
    assert len(one) == len(these)
    assert len(other) == len(those)
    assert one.keys() - other.keys() == set()
    assert other.keys() - one.keys() == set()
    differing = [(one[key], other[key]) for key in one if one[key] != other[key]]
    assert not differing, [{k: (a[k], b[k]) for k in a if a[k] != b[k]} for a, b in differing[:5]]


def assert_all_counted(deployment: Deployment) -> None:
    """For each source partition applied + duplicates + dead letters = written."""
    counted: dict[tuple[str, int], float] = {}
    for message in deployment.read("deadletters"):
        headers = dict(message.headers() or [])
        place = (headers["topic"].decode(), int(headers["partition"]), int(headers["offset"]))
        counted[place[:2]] = counted.get(place[:2], 0) + 1
    for topic, partition in deployment.written:
        labels = {"topic": topic, "partition": str(partition)}
        for worker in deployment.running():
            for name in ("linewatch_source_records_applied", "linewatch_source_records_duplicate"):
                counted[topic, partition] = counted.get((topic, partition), 0) + worker.metric(name, **labels)
    assert counted == deployment.written

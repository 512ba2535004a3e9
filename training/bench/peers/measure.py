"""A peer against the real Kafka, over the topic of calls that the worker reads too."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # its stubs leave it out

import linewatch
from linewatch.training.bench.kafka_side import PARTITIONS, PREFIX
from linewatch.training.bench.peers.common import Peer

SOURCE = PREFIX + "calls"
TIMEOUT_S = 900.0


class Figures(NamedTuple):
    """Records through the last step, CPU seconds of the process and wall seconds from the first on, and alerts sent."""

    records: int
    cpu_s: float
    wall_s: float
    alerts: int


def measure_peer(peer: Peer, bootstrap: str, most: int | None = None) -> Figures:
    """Run it over the last `most` records of the topic; its state and what it printed are removed."""
    alerts = f"{PREFIX}peer-alerts-{peer.short}"
    client = AdminClient({"bootstrap.servers": bootstrap})
    for made in client.create_topics([NewTopic(name, PARTITIONS, 1) for name in (alerts, *peer.topics)]).values():
        made.result()
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": peer.group})
    try:
        records = _leave(consumer, most or peer.most)
        with tempfile.TemporaryDirectory(prefix="linewatch-peer-") as folder:
            figures = _run(peer, [bootstrap, peer.group, SOURCE, alerts, str(records)], Path(folder))
        return Figures(*figures, alerts=sum(end for _, end in _ranges(consumer, alerts)))
    finally:
        consumer.close()


def shares(sizes: list[int], wanted: int) -> list[int]:
    """How many records to leave in each partition: as even as their sizes allow, `wanted` or all there are in sum."""
    left, found = wanted, [0] * len(sizes)
    for done, place in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        found[place] = min(sizes[place], left // (len(sizes) - done))
        left -= found[place]
    return found


def _leave(consumer: Consumer, most: int) -> int:
    """Commit the group close to the end, so that as many records are read as are counted: a peer that repartitions reads
    ahead, and what it read and did not count would weigh on its figure.
    """
    ranges = _ranges(consumer, SOURCE)
    wanted = shares([end - begin for begin, end in ranges], most)
    places = [TopicPartition(SOURCE, number, end - wanted[number]) for number, (_, end) in enumerate(ranges)]
    consumer.commit(offsets=places, asynchronous=False)
    return sum(wanted)


def _ranges(consumer: Consumer, topic: str) -> list[tuple[int, int]]:
    return [consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10) for number in range(PARTITIONS)]


def _run(peer: Peer, arguments: list[str], folder: Path) -> tuple[int, float, float]:
    where = {"PYTHONPATH": str(Path(linewatch.__file__).parent.parent)}  # for an environment that has no linewatch
    log, state = folder / "log", folder / "state"
    with log.open("wb") as errors:
        done = subprocess.run(
            [*peer.command(folder), *arguments, str(state)],
            env=os.environ | where,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
    if done.returncode or len(found := done.stdout.split()[-3:]) != 3:
        raise RuntimeError(f"{peer.name} ended with status {done.returncode}: {log.read_text()[-2000:]}")
    return int(found[0]), float(found[1]), float(found[2])

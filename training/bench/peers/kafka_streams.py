"""Kafka Streams as a peer: KafkaStreamsPeer.java beside this file, compiled against jars from Maven Central."""

import subprocess
from pathlib import Path

from linewatch.training.bench.apache_kafka import CACHE, jars
from linewatch.training.bench.peers.common import Peer

HERE = Path(__file__).parent
VERSION = "4.3.1"  # as kafka-streams-pom.xml has it
MAIN = "KafkaStreamsPeer"


def command(folder: Path) -> list[str]:
    """Compile, and run with the JVM's own defaults."""
    fetched = jars(HERE / "kafka-streams-pom.xml", CACHE.parent / f"kafka-streams-{VERSION}")
    made = subprocess.run(
        ["javac", "-cp", f"{fetched}/*", "-d", str(folder), str(HERE / f"{MAIN}.java")], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise RuntimeError(f"javac does not take {MAIN}.java: {made.stderr[-2000:]}")
    return ["java", "-cp", f"{folder}:{fetched}/*", MAIN]


PEER = Peer(
    name=f"Kafka Streams {VERSION}",
    short="kafka-streams",
    does="three decayed counts a number in three half-lives, in RocksDB with cache and changelog, and one limit",
    most=1_000_000,
    topics=(),  # makes those of its own by itself
    command=command,
)

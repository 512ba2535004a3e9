"""A real Apache Kafka for tests and measuring: one KRaft broker on loopback, its jars from Maven Central, kept between runs."""

import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

POM = Path(__file__).parent / "kafka-pom.xml"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "linewatch" / "kafka-4.3.1"
MISSING = "a real Kafka needs {}: on Debian, apt-get install -y default-jdk-headless maven"
START_S = 60.0

PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
default.replication.factor={copies}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.cleaner.dedupe.buffer.size=33554432
"""


def wait_until(condition: Callable[[], object], timeout_s: float, what: str) -> None:
    """Poll until a condition holds; fail with what was waited for."""
    ends = time.monotonic() + timeout_s
    pause = 0.02
    while not condition():
        if time.monotonic() > ends:
            raise AssertionError(f"{what} did not come within {timeout_s} s")
        time.sleep(pause)  # between two looks at the condition
        pause = min(0.25, pause * 1.5)


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def jars(pom: Path = POM, folder: Path = CACHE) -> Path:
    """The folder of jars that a pom names, fetched by Maven the first time."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise RuntimeError(MISSING.format(tool))
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
        done = subprocess.run([*command, f"-DoutputDirectory={folder}"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"Maven could not fetch {folder.name}: {done.stdout[-2000:]}")
        (folder / "complete").touch()
    return folder


class Voter(NamedTuple):
    """One node of the quorum: its number and its controller's port."""

    node: int
    controller: int


class _Served(ABC):
    """What is started and stopped; as a context it runs within."""

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self) -> None: ...

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()


class Broker(_Served):
    """One broker whose data outlives its process; by itself, or one of the nodes of a `Cluster`."""

    def __init__(
        self,
        folder: Path,
        more_properties: str = "",
        format_arguments: Sequence[str] = (),
        ports: Sequence[int] = (),
        node: int = 1,
        voters: Sequence[Voter] = (),
        cluster: str = "",
    ) -> None:
        port, controller = ports or free_ports(2)
        voters = voters or [Voter(node, controller)]
        self.bootstrap = f"127.0.0.1:{port}"
        self._folder = folder
        self._properties = folder / "server.properties"
        written = PROPERTIES.format(
            port=port,
            controller=controller,
            data=folder / "data",
            node=node,
            voters=",".join(f"{voter.node}@127.0.0.1:{voter.controller}" for voter in voters),
            copies=len(voters),
        )
        self._properties.write_text(written + more_properties)
        self._process: subprocess.Popen[bytes] | None = None
        _tool("kafka.tools.StorageTool", "format", "-t", cluster or new_cluster(), "-c", str(self._properties), *format_arguments)

    def launch(self) -> None:
        """Start, without waiting."""
        log = (self._folder / "broker.log").open("ab")
        self._process = subprocess.Popen([*_java(), "kafka.Kafka", str(self._properties)], stdout=log, stderr=log)

    def answers(self) -> bool:
        """Whether it tells of itself."""
        try:
            return bool(AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0}).list_topics(timeout=1).brokers)
        except KafkaException:
            return False

    def start(self) -> None:
        """Start and wait for an answer."""
        self.launch()
        wait_until(self.answers, START_S, "an answer of the broker")

    def stop(self, how: int = signal.SIGTERM) -> None:
        """Stop in good order, or with SIGKILL."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None


class Cluster(_Served):
    """Several brokers that hold copies of each other's partitions; a write needs all but one of them."""

    def __init__(self, folder: Path, nodes: int = 3) -> None:
        ports = free_ports(2 * nodes)
        voters = [Voter(node, ports[nodes + node - 1]) for node in range(1, nodes + 1)]
        cluster = new_cluster()
        self.brokers: list[Broker] = []
        for voter in voters:
            place = folder / f"broker-{voter.node}"
            place.mkdir()
            own = (ports[voter.node - 1], voter.controller)
            more = f"min.insync.replicas={nodes - 1}\n"
            self.brokers.append(Broker(place, more, ports=own, node=voter.node, voters=voters, cluster=cluster))
        self.bootstrap = ",".join(broker.bootstrap for broker in self.brokers)

    def start(self) -> None:
        """Start all and wait for their answers."""
        for broker in self.brokers:
            broker.launch()
        for broker in self.brokers:
            wait_until(broker.answers, START_S, "an answer of the broker")

    def stop(self) -> None:
        """Stop all at once: the last ones would wait for a quorum to leave in good order."""
        for broker in self.brokers:
            broker.stop(signal.SIGKILL)


def new_cluster() -> str:
    """A cluster id that nobody has."""
    return _tool("kafka.tools.StorageTool", "random-uuid").strip().splitlines()[-1]


def _java() -> list[str]:
    return ["java", "-Xmx1g", "-XX:+UseSerialGC", "-cp", f"{jars()}/*"]


def _tool(*arguments: str) -> str:
    done = subprocess.run([*_java(), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout

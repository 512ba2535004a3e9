"""A real Apache Kafka for tests and measuring: one KRaft broker on loopback, its jars from Maven Central, kept between runs."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

POM = Path(__file__).parent / "kafka-pom.xml"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "linewatch" / "kafka-4.3.1"
MISSING = "a real Kafka needs {}: on Debian, apt-get install -y default-jdk-headless maven"
START_S = 60.0

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
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


def jars() -> Path:
    """The folder of jars, fetched by Maven the first time."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise RuntimeError(MISSING.format(tool))
    if not (CACHE / "complete").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
        done = subprocess.run([*command, f"-DoutputDirectory={CACHE}"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"Maven could not fetch Kafka: {done.stdout[-2000:]}")
        (CACHE / "complete").touch()
    return CACHE


class Broker:
    """One broker whose data outlives its process."""

    def __init__(
        self, folder: Path, more_properties: str = "", format_arguments: Sequence[str] = (), ports: Sequence[int] = ()
    ) -> None:
        port, controller = ports or free_ports(2)
        self.bootstrap = f"127.0.0.1:{port}"
        self._folder = folder
        self._properties = folder / "server.properties"
        self._properties.write_text(PROPERTIES.format(port=port, controller=controller, data=folder / "data") + more_properties)
        self._java = ["java", "-Xmx1g", "-XX:+UseSerialGC", "-cp", f"{jars()}/*"]
        self._process: subprocess.Popen[bytes] | None = None
        made = self._tool("kafka.tools.StorageTool", "random-uuid").strip().splitlines()[-1]
        self._tool("kafka.tools.StorageTool", "format", "-t", made, "-c", str(self._properties), *format_arguments)

    def _tool(self, *arguments: str) -> str:
        done = subprocess.run([*self._java, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout

    def start(self) -> None:
        """Start and wait for an answer."""
        log = (self._folder / "broker.log").open("ab")
        self._process = subprocess.Popen([*self._java, "kafka.Kafka", str(self._properties)], stdout=log, stderr=log)
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

        def answers() -> bool:
            try:
                return bool(client.list_topics(timeout=1).brokers)
            except KafkaException:
                return False

        wait_until(answers, START_S, "an answer of the broker")

    def stop(self, how: int = signal.SIGTERM) -> None:
        """Stop in good order, or with SIGKILL."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

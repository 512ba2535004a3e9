"""The worker against brokers that want TLS and a password, and what is said when either is wrong."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kafka_deployment import COMMAND, Deployment
from linewatch.training.bench.apache_kafka import Broker, free_ports

PASSWORD = "only-for-this-test"
PROPERTIES = """
listeners={listeners},SECURE://127.0.0.1:{port}
advertised.listeners={advertised},SECURE://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.ssl.keystore.type=PKCS12
listener.name.secure.ssl.keystore.location={keystore}
listener.name.secure.ssl.keystore.password={password}
"""
KAFKA = """\
bootstrap_servers = "127.0.0.1:{port}"
security_protocol = "SASL_SSL"
sasl_mechanism = "SCRAM-SHA-512"
sasl_username = "linewatch"
sasl_password_env = "LINEWATCH_TEST_PASSWORD"
ssl_cafile = "{certificate}"
"""


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A key store for the broker, and the certificate that clients trust."""
    keystore, certificate = folder / "broker.p12", folder / "broker.pem"
    of_store = ["-keystore", str(keystore), "-storetype", "PKCS12", "-storepass", PASSWORD, "-alias", "broker"]
    made = ["keytool", "-genkeypair", *of_store, "-keyalg", "EC", "-dname", "CN=127.0.0.1", "-ext", "SAN=IP:127.0.0.1"]
    subprocess.run(made, check=True, capture_output=True)
    subprocess.run(["keytool", "-exportcert", *of_store, "-rfc", "-file", str(certificate)], check=True, capture_output=True)
    return keystore, certificate


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Broker, str]]:
    """A broker with a listener that wants TLS and SCRAM, and the lines of [kafka] that reach it."""
    keystore, certificate = make_certificate(tmp_path)
    plain, controller, port = free_ports(3)
    properties = PROPERTIES.format(
        listeners=f"PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller}",
        advertised=f"PLAINTEXT://127.0.0.1:{plain}",
        port=port,
        keystore=keystore,
        password=PASSWORD,
    )
    scram = ["--add-scram", f"SCRAM-SHA-512=[name=linewatch,password={PASSWORD}]"]
    with Broker(tmp_path, properties, scram, ports=(plain, controller)) as broker:
        yield broker, KAFKA.format(port=port, certificate=certificate)


def test_tls_and_scram(secure: tuple[Broker, str], carrier: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broker, kafka = secure
    monkeypatch.setenv("LINEWATCH_TEST_PASSWORD", PASSWORD)
    with Deployment(broker.bootstrap, tmp_path, carrier.operator, kafka=kafka) as deployment:
        worker = deployment.start_worker().wait_ready()
        deployment.feed(carrier.records[:60_000])
        deployment.wait_settled()
        assert len(deployment.flags()) > 30
        assert {f["flag_id"] for f in deployment.flags()} == {f["flag_id"] for f in deployment.flags_by_log()}
        assert PASSWORD not in worker.log.read_text()
        monkeypatch.setenv("LINEWATCH_TEST_PASSWORD", "wrong")
        command = [*COMMAND, "topics", "--config", str(deployment.config)]
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        assert refused.returncode == 2
        assert len(refused.stderr.strip().splitlines()) == 1
        assert "wrong" not in refused.stderr

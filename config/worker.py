"""The worker's configuration: `worker.toml` of the contract. A secret comes from the environment or a file it names."""

import os
import re
import ssl
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from linewatch.config.errors import InvalidSetting
from linewatch.config.known import known
from linewatch.config.reader import from_toml, read_text

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e7)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
_TOPIC_PREFIX: Final = re.compile(r"[A-Za-z0-9._-]{0,200}")
"""Of names that Kafka allows, of 249 characters at most."""


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Kafka(_Strict, frozen=True):
    """How to reach the brokers; `*_env` and `*_file` name where a secret stands."""

    bootstrap_servers: str = "localhost:9092"
    group: Annotated[str, msgspec.Meta(min_length=1)] = "linewatch"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password_env: str | None = None
    sasl_password_file: str | None = None
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_key_password_env: str | None = None
    ssl_key_password_file: str | None = None
    ssl_check_hostname: bool = True
    compression: Literal["none", "snappy", "lz4", "zstd", "gzip"] = "none"
    """Of what the worker writes. Snappy makes the sightings log smaller and costs a seventh of the throughput."""

    def secret(self, key: str) -> str | None:
        """The secret that `{key}_env` or `{key}_file` names, None where neither is set."""
        variable, file = getattr(self, f"{key}_env"), getattr(self, f"{key}_file")
        if variable:
            if variable not in os.environ:
                shown = variable if _VARIABLE.fullmatch(variable) else None  # what is no such name may be the secret itself
                raise InvalidSetting(f"kafka.{key}_env", shown, "the name of a variable that is set in the environment")
            return os.environ[variable]
        return read_text(Path(file), f"file of kafka.{key}_file").strip() if file else None

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context, None for protocols without TLS."""
        if "SSL" not in self.security_protocol.split("_"):
            return None
        self._check_certificates()
        try:
            context = ssl.create_default_context(cafile=self.ssl_cafile)
            context.check_hostname = self.ssl_check_hostname
            if self.ssl_certfile:
                context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile, self.secret("ssl_key_password"))
        except (OSError, ssl.SSLError) as error:
            raise InvalidSetting("kafka.ssl_*", self.ssl_cafile, f"certificates that can be loaded: {error}") from None
        return context

    def _check_certificates(self) -> None:
        """Raises InvalidSetting for the first file that is not there."""
        for key in ("ssl_cafile", "ssl_certfile", "ssl_keyfile"):
            if (path := getattr(self, key)) and not Path(path).is_file():
                raise InvalidSetting(f"kafka.{key}", path, "a file that is there; check the path")

    def client_settings(self) -> dict[str, Any]:
        """Keyword arguments of an aiokafka client."""
        settings: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "security_protocol": self.security_protocol,
        }
        if context := self.ssl_context():
            settings["ssl_context"] = context
        if self.security_protocol.startswith("SASL"):
            settings |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.secret("sasl_password"),
            }
        return settings

    def confluent_settings(self) -> dict[str, Any]:
        """Settings of a librdkafka client."""
        if "SSL" in self.security_protocol.split("_"):
            self._check_certificates()
        settings: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": self.security_protocol,
            "ssl.ca.location": self.ssl_cafile,
            "ssl.certificate.location": self.ssl_certfile,
            "ssl.key.location": self.ssl_keyfile,
            "ssl.key.password": self.secret("ssl_key_password"),
        }
        if not self.ssl_check_hostname:
            settings["ssl.endpoint.identification.algorithm"] = "none"
        if self.security_protocol.startswith("SASL"):
            settings |= {
                "sasl.mechanism": self.sasl_mechanism,
                "sasl.username": self.sasl_username,
                "sasl.password": self.secret("sasl_password"),
            }
        return {key: value for key, value in settings.items() if value is not None}


class Topics(_Strict, frozen=True):
    """Names and sizes of the topics."""

    prefix: str = "linewatch."
    partitions: Count = 8
    replication: Count = 1


class Order(_Strict, frozen=True):
    """The order in which sightings count."""

    mode: Literal["live", "canonical"] = "live"
    settle_s: Positive = 300.0
    feedback: bool = True


class State(_Strict, frozen=True):
    """Where and how often state is made durable, and whether a second worker has it at hand."""

    directory: str = "state"
    memory_s: Annotated[float, msgspec.Meta(ge=0.0, le=1e9)] = 300.0
    checkpoint_s: Positive = 30.0
    full_every: Count = 16
    standby: bool = True


class Metrics(_Strict, frozen=True):
    """Where `/metrics`, `/healthz` and `/readyz` are served."""

    host: str = "127.0.0.1"
    port: Port = 9464


class OperatorFile(_Strict, frozen=True):
    """The operator file, none by default."""

    file: str | None = None


class PolicyFile(_Strict, frozen=True):
    """The first policy; afterwards the topic decides."""

    file: str | None = None
    report_only: bool = False


class Models(_Strict, frozen=True):
    """Where number models lie that a policy may name, a folder for each; the shipped one needs none."""

    folder: str | None = None

    @property
    def candidates(self) -> Path | None:
        """The folder."""
        return Path(self.folder) if self.folder else None


class Tracing(_Strict, frozen=True):
    """Spans of sampled records for an OpenTelemetry collector; none without an endpoint."""

    endpoint: str = ""
    sample_ratio: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.0001


@known
class WorkerConfig(_Strict, frozen=True):
    """All sections; every key may be left out."""

    kafka: Kafka = Kafka()
    topics: Topics = Topics()
    order: Order = Order()
    state: State = State()
    metrics: Metrics = Metrics()
    operator: OperatorFile = OperatorFile()
    policy: PolicyFile = PolicyFile()
    models: Models = Models()
    tracing: Tracing = Tracing()


def worker_config_from_toml(text: str) -> WorkerConfig:
    """The configuration that a text describes; raises InvalidSetting."""
    config = from_toml(text, WorkerConfig, "worker configuration")
    servers = [server for server in map(str.strip, config.kafka.bootstrap_servers.split(",")) if server]
    if not servers or not all(map(_is_server, servers)):
        allowed = "host:port of one or more brokers, with commas between them"
        raise InvalidSetting("kafka.bootstrap_servers", config.kafka.bootstrap_servers, allowed)
    if not _TOPIC_PREFIX.fullmatch(config.topics.prefix):
        raise InvalidSetting("topics.prefix", config.topics.prefix, "at most 200 letters, digits, dots, dashes and underscores")
    return config


def _is_server(text: str) -> bool:
    try:
        parts = urlsplit(f"//{text}")
        return bool(parts.hostname) and parts.netloc == text and " " not in text and parts.port != 0
    except ValueError:
        return False


def load_worker_config(path: Path) -> WorkerConfig:
    """The configuration of a file."""
    return worker_config_from_toml(read_text(path, "worker configuration"))

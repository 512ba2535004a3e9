"""The Faust app by the worker's configuration: batches in, nothing automatic out."""

from pathlib import Path
from typing import Any

import faust
from faust.types.auth import AuthProtocol

from linewatch.config.worker import Kafka, WorkerConfig
from linewatch.stream.shell.topics import LARGEST_MESSAGE
from linewatch.stream.shell.transport import BatchScheduler, Transport

FETCH = 2 << 20


def make_app(config: WorkerConfig) -> faust.App:
    """An app whose consumer hands on composites and whose producer waits for all replicas."""
    brokers = [f"kafka://{server.strip()}" for server in config.kafka.bootstrap_servers.split(",")]
    app = faust.App(
        config.kafka.group,
        broker=brokers,
        broker_credentials=_credentials(config.kafka),
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        broker_request_timeout=60.0,
        broker_commit_interval=1.0,
        broker_max_poll_interval=600.0,
        consumer_metadata_max_age_ms=15_000,  # how soon a topic that was made anew is read
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH,  # a broker gives one message at least, however large
        ConsumerScheduler=BatchScheduler,
        producer_acks=-1,
        producer_linger=0.0,
        producer_compression_type=None if config.kafka.compression == "none" else config.kafka.compression,
        producer_max_request_size=LARGEST_MESSAGE,
        producer_max_batch_size=1 << 20,  # one batch of a partition is on its way at a time: what waits for it goes as one
        producer_request_timeout=60.0,
        stream_wait_empty=True,
        stream_buffer_maxsize=1,  # an event has what a fetch brought of a topic
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        store="memory://",
        datadir=str(Path(config.state.directory)),
        value_serializer="raw",
        key_serializer="raw",
    )
    app.transport = Transport(app.conf.broker_consumer, app, loop=app.loop)
    return app


def _credentials(kafka: Kafka) -> Any:
    if kafka.security_protocol == "PLAINTEXT":
        return None
    context = kafka.ssl_context()
    if not kafka.security_protocol.startswith("SASL"):
        return faust.SSLCredentials(context)
    credentials = faust.SASLCredentials(
        username=kafka.sasl_username,
        password=kafka.secret("sasl_password"),
        mechanism=kafka.sasl_mechanism,
        ssl_context=context,
    )
    credentials.protocol = AuthProtocol(kafka.security_protocol)
    return credentials

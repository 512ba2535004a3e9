"""The worker's configuration: the contract's defaults, errors by key, secrets that never show."""

from pathlib import Path

import msgspec
import pytest

from linewatch.config.errors import InvalidSetting, UnusableInput
from linewatch.config.worker import WorkerConfig, load_worker_config, worker_config_from_toml

SECRET = "correct horse battery staple"

CONTRACT = """
[kafka]
bootstrap_servers = "localhost:9092"
group = "linewatch"
security_protocol = "PLAINTEXT"
[topics]
prefix = "linewatch."
partitions = 8
replication = 1
[order]
mode = "live"
settle_s = 300
feedback = true
[state]
directory = "state"
[metrics]
host = "127.0.0.1"
port = 9464
[policy]
report_only = false
"""


def test_defaults_are_those_of_the_contract() -> None:
    assert worker_config_from_toml(CONTRACT) == worker_config_from_toml("") == WorkerConfig()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[kafka]\nsecurity_protocol = "TLS"', "kafka.security_protocol"),
        ('[kafka]\npassword = "x"', "kafka.password"),
        ("[topics]\npartitions = 0", "topics.partitions"),
        ('[order]\nmode = "fast"', "order.mode"),
        ("[order]\nsettle_s = -1", "order.settle_s"),
        ("[metrics]\nport = 70000", "metrics.port"),
        ("[nonsense]\n", "nonsense"),
        ("[policy]\nfile = 3", "policy.file"),
        ('[kafka]\nbootstrap_servers = ""', "kafka.bootstrap_servers"),
        ('[kafka]\nbootstrap_servers = " , "', "kafka.bootstrap_servers"),
        ('[kafka]\nbootstrap_servers = "one:port"', "kafka.bootstrap_servers"),
        ('[kafka]\nbootstrap_servers = "kafka://one:9092"', "kafka.bootstrap_servers"),
        ('[topics]\nprefix = "a b"', "topics.prefix"),
    ],
)
def test_an_error_names_the_key(text: str, key: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        worker_config_from_toml(text)
    assert caught.value.key == key
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="worker configuration"):
        load_worker_config(tmp_path / "worker.toml")


@pytest.fixture(params=["env", "file"])
def config(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkerConfig:
    if request.param == "env":
        monkeypatch.setenv("LINEWATCH_TEST_SECRET", SECRET)
        source = 'sasl_password_env = "LINEWATCH_TEST_SECRET"'
    else:
        (tmp_path / "secret").write_text(SECRET + "\n")
        source = f'sasl_password_file = "{tmp_path / "secret"}"'
    return worker_config_from_toml(f'[kafka]\nsecurity_protocol = "SASL_PLAINTEXT"\nsasl_username = "me"\n{source}\n')


def test_secrets_reach_the_clients_and_no_repr(config: WorkerConfig) -> None:
    assert config.kafka.client_settings()["sasl_plain_password"] == SECRET
    assert config.kafka.confluent_settings()["sasl.password"] == SECRET
    for shown in (repr(config), str(config), repr(config.kafka), str(msgspec.to_builtins(config))):
        assert SECRET not in shown


def test_a_secret_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINEWATCH_TEST_SECRET", raising=False)
    config = worker_config_from_toml('[kafka]\nsasl_password_env = "LINEWATCH_TEST_SECRET"\n')
    with pytest.raises(InvalidSetting, match="sasl_password_env"):
        config.kafka.secret("sasl_password")


@pytest.mark.parametrize("servers", ["one", "one:9092", "one:9092, two:9092", "[::1]:9092", "10.0.0.1:9092"])
def test_one_broker_or_more(servers: str) -> None:
    assert worker_config_from_toml(f'[kafka]\nbootstrap_servers = "{servers}"').kafka.bootstrap_servers == servers


@pytest.mark.parametrize("key", ["ssl_cafile", "ssl_certfile", "ssl_keyfile"])
def test_a_file_of_certificates_that_is_not_there_is_named(key: str) -> None:
    kafka = worker_config_from_toml(f'[kafka]\nsecurity_protocol = "SSL"\n{key} = "/nowhere/it.pem"\n').kafka
    for settings in (kafka.client_settings, kafka.confluent_settings):
        with pytest.raises(InvalidSetting, match=f"kafka.{key} = '/nowhere/it.pem'"):
            settings()


def test_certificates_that_cannot_be_loaded_are_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("none")
    config = worker_config_from_toml(f'[kafka]\nsecurity_protocol = "SSL"\nssl_cafile = "{tmp_path / "ca.pem"}"\n')
    with pytest.raises(InvalidSetting, match="certificates that can be loaded"):
        config.kafka.client_settings()


def test_plain_text_needs_no_tls() -> None:
    settings = WorkerConfig().kafka.client_settings()
    assert settings == {"bootstrap_servers": "localhost:9092", "security_protocol": "PLAINTEXT"}

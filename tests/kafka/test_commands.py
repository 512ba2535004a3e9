"""The commands around a worker, against a real broker: what they say is what the topics and the worker have."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from confluent_kafka import Message, Producer

from kafka_deployment import Deployment, WorkerProcess
from linewatch.config.errors import DoesNotHold
from linewatch.config.policy import policy_from_toml, shipped_policy
from linewatch.config.worker import load_worker_config
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.shell import push
from linewatch.stream.shell.policy_changes import Request
from linewatch.training.bench.apache_kafka import wait_until
from stream_helpers import call

RINGING, FORGOTTEN, QUIET = "+66921000001", "+66921500001", "+66921700001"
CALLS = 300


class Running(NamedTuple):
    deployment: Deployment
    worker: WorkerProcess


def read(deployment: Deployment, topic: str) -> list[Message]:
    """All messages of a topic as it stands, by partition."""
    reader = push.consumer(load_worker_config(deployment.config))
    try:
        return [m for number in range(deployment.partitions) for m in push.messages(reader, deployment.prefix + topic, number)]
    finally:
        reader.close()


def flags(deployment: Deployment) -> list[dict[str, Any]]:
    return [msgspec.json.decode(message.value() or b"") for message in read(deployment, "flags")]


def operator_file(folder: Path) -> Path:
    path = folder / "operator.toml"
    path.write_text('country = "TH"\ntimezone = "Asia/Bangkok"\n')
    return path


@pytest.fixture
def idle(bootstrap: str, tmp_path: Path) -> Iterator[Deployment]:
    """Topics, and no worker that ever ran."""
    with Deployment(bootstrap, tmp_path, operator_file(tmp_path), mode="live", feedback=True, partitions=2) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def running(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A worker that has flagged two numbers, and knows a third."""
    folder = tmp_path_factory.mktemp("commands")
    with Deployment(bootstrap, folder, operator_file(folder), mode="live", feedback=True, partitions=2) as deployment:
        worker = deployment.start_worker().wait_ready()
        records = [call(index, calling=(RINGING, FORGOTTEN)[index % 2]) for index in range(2 * CALLS)]
        records.append(call(2 * CALLS, calling=QUIET, duration_s=60))
        deployment.feed(map(msgspec.json.encode, records))
        wait_until(lambda: {RINGING, FORGOTTEN} <= {flag["number"] for flag in flags(deployment)}, 60, "two flagged numbers")
        wait_until(deployment.is_settled, 60, "all worked off")
        yield Running(deployment, worker)


def test_before_the_first_worker_there_is_nothing_to_show(idle: Deployment) -> None:
    config = str(idle.config)
    assert idle.run("policy", "show", "--config", config, status=1) == ""
    assert idle.run("explain", RINGING, "--config", config, status=1) == ""
    assert idle.run("forget", RINGING, "--config", config, status=1) == ""


def test_a_push_that_no_worker_takes(idle: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "ANSWER_S", 2.0)
    with pytest.raises(DoesNotHold, match="no worker took it"):
        push.ask(load_worker_config(idle.config), Request("r", "push", "somebody", text=shipped_policy().source))


def test_explain_shows_the_flag_as_it_was_sent(running: Running) -> None:
    deployment = running.deployment
    text = deployment.run("explain", RINGING, "--config", str(deployment.config))
    flag = [flag for flag in flags(deployment) if flag["number"] == RINGING][-1]
    assert f"; {CALLS} calls made" in text
    assert flag["action"] in text
    assert flag["policy_version"] in text
    assert all(reason["code"] in text for reason in flag["reasons"])
    assert all(record_id in text for record_id in flag["evidence"][:3])


def test_explain_takes_the_national_form(running: Running) -> None:
    config = str(running.deployment.config)
    assert running.deployment.run("explain", "092 100 0001", "--config", config) == running.deployment.run(
        "explain", RINGING, "--config", config
    )


def test_explain_of_a_number_that_nothing_speaks_against(running: Running) -> None:
    text = running.deployment.run("explain", QUIET, "--config", str(running.deployment.config))
    assert "; 1 calls made" in text
    assert "nothing speaks against it" in text


def test_explain_of_a_number_never_seen(running: Running) -> None:
    assert running.deployment.run("explain", "+442079460000", "--config", str(running.deployment.config), status=1) == ""


def test_a_pushed_policy_is_in_force_and_shown(running: Running) -> None:
    deployment, config = running.deployment, str(running.deployment.config)
    before = deployment.run("policy", "show", "--config", config)
    version = int(before.splitlines()[0].rsplit(" ", 1)[1])
    text = f'version = "pushed-{version}"\n'
    (deployment.folder / "pushed.toml").write_text(text)
    said = deployment.run("policy", "push", str(deployment.folder / "pushed.toml"), "--config", config)
    identity = policy_from_toml(text).identity
    assert said == f"policy {identity} is in force as version {version + 1}\n"
    shown = deployment.run("policy", "show", "--config", config)
    assert shown == f"# policy {identity}, in force as version {version + 1}\n{text}"
    wait_until(lambda: running.worker.metric("linewatch_policy_version") == version + 1, 5, "the policy in the log")


def test_a_policy_that_does_not_validate_changes_nothing(running: Running) -> None:
    deployment, config = running.deployment, str(running.deployment.config)
    before = deployment.run("policy", "show", "--config", config)
    (deployment.folder / "bad.toml").write_text('version = "bad"\nfade_days = 0\n')
    assert deployment.run("policy", "push", str(deployment.folder / "bad.toml"), "--config", config, status=2) == ""
    assert deployment.run("policy", "show", "--config", config) == before


def standing_of(deployment: Deployment, number: str) -> list[bytes | None]:
    """The last value of each of a number's keys in the topic of states."""
    last = {m.key(): m.value() for m in read(deployment, "standing") if (m.key() or b"").startswith(number.encode())}
    return list(last.values())


def test_a_forgotten_number_is_gone_and_counts_anew(running: Running) -> None:
    deployment, config = running.deployment, str(running.deployment.config)
    assert [value is not None for value in standing_of(deployment, FORGOTTEN)] == [True]
    deployment.run("forget", FORGOTTEN, "--config", config)
    assert standing_of(deployment, FORGOTTEN) == [None]
    assert [value is not None for value in standing_of(deployment, RINGING)] == [True]
    deployment.run("explain", FORGOTTEN, "--config", config, status=1)
    assert f"; {CALLS} calls made" in deployment.run("explain", RINGING, "--config", config)
    deployment.feed([msgspec.json.encode(call(2 * CALLS + 1, calling=FORGOTTEN))])
    wait_until(deployment.is_settled, 60, "one more record worked off")
    assert "; 1 calls made" in deployment.run("explain", FORGOTTEN, "--config", config)


def dead_letters(deployment: Deployment, letters: list[DeadLetter]) -> None:
    producer = Producer({"bootstrap.servers": deployment.bootstrap})
    for letter in letters:
        topic = deployment.prefix + "deadletters"
        producer.produce(topic, letter.raw, partition=letter.partition, headers=letter.headers())
    assert producer.flush(30) == 0


def letter(deployment: Deployment, index: int, reason: str, topic: str = "calls", raw: bytes | None = b"") -> DeadLetter:
    value = None if raw is None else b"%s \x00\xff %d" % (reason.encode(), index)
    return DeadLetter(reason, deployment.prefix + topic, index % 2, index, value)


def places(messages: list[Message]) -> list[tuple[int | None, bytes | None]]:
    return [(message.partition(), message.value()) for message in messages]


def test_requeue_sends_each_letter_back_once(idle: Deployment) -> None:
    config = str(idle.config)
    letters = [letter(idle, index, ("unreadable", "kind")[index // 2 % 2]) for index in range(40)]
    others = [letter(idle, 100, "kind", "messages"), letter(idle, 101, "tombstone", raw=None), letter(idle, 102, "kind", "strange")]
    dead_letters(idle, [*letters, *others])

    said = idle.run("requeue", "--config", config, "--reason", "kind")
    assert "21 dead letters sent back" in said
    assert "1 name no topic" in said
    kinds = sorted((one.partition, one.raw) for one in letters if one.reason == "kind")
    assert sorted(places(read(idle, "calls"))) == kinds
    assert places(read(idle, "messages")) == [(0, others[0].raw)]
    assert "0 dead letters sent back" in idle.run("requeue", "--config", config, "--reason", "kind")

    said = idle.run("requeue", "--config", config)
    assert "20 dead letters sent back, 1 without a value skipped" in said
    assert sorted(places(read(idle, "calls"))) == sorted((one.partition, one.raw) for one in letters)

    assert "0 dead letters sent back, 0 without" in idle.run("requeue", "--config", config)
    dead_letters(idle, [letter(idle, 200, "bug")])
    assert "1 dead letters sent back" in idle.run("requeue", "--config", config)

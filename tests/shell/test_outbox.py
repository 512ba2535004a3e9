"""What leaves a worker: all is acknowledged, in the order of the messages, and what is not is sent again."""

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError, NotLeaderForPartitionError
from faust.exceptions import ProducerSendError

from linewatch.stream.decision.flag import Flag
from linewatch.stream.profiles.output import Output
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.shell import outbox
from linewatch.stream.shell.outbox import Message, Outbox, dead_message, messages_of
from linewatch.stream.shell.topics import Names

MESSAGES = [Message("t", bytes([number]), None, 0) for number in range(5)]

TIMES = ("episode_ms", "step", "flagged_ms", "first_ms", "last_ms", "record_count")


class Producer:
    """Fails the first sends in ways that it is told; else gives out offsets."""

    def __init__(self, fails: dict[int, BaseException | None]) -> None:
        self.fails = fails
        self.values: list[bytes] = []

    async def send(self, topic: str, key: Any, value: bytes, partition: Any, timestamp: Any, headers: Any) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        place = len(self.values)
        self.values.append(value)
        if place not in self.fails:
            future.set_result(SimpleNamespace(offset=100 + place, timestamp=5))
            return future
        error = self.fails[place]
        if isinstance(error, ProducerSendError):
            raise error
        if error is not None:
            future.set_exception(error)
        return future


def sent(producer: Producer, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr(outbox, "PATIENCE_S", 0.05)
    return asyncio.run(Outbox(SimpleNamespace(producer=producer)).send(MESSAGES))  # type: ignore[arg-type]  # all it asks for


def caused(cause: BaseException) -> ProducerSendError:
    error = ProducerSendError("Error while sending")
    error.__cause__ = cause
    return error


def test_offsets_come_in_the_order_of_the_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(Producer({}), monkeypatch) == [100, 101, 102, 103, 104]


def test_it_is_told_where_messages_landed(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[bytes | None, int, int]] = []
    made = Outbox(SimpleNamespace(producer=Producer({1: NotLeaderForPartitionError()})))  # type: ignore[arg-type]  # the same
    made.on_landing = lambda message, landed: told.append((message.value, *landed))
    asyncio.run(made.send(MESSAGES[:3]))
    assert told == [(MESSAGES[0].value, 100, 5), (MESSAGES[2].value, 102, 5), (MESSAGES[1].value, 103, 5)]


@pytest.mark.parametrize(
    "failure", [NotLeaderForPartitionError(), None, caused(KafkaTimeoutError())], ids=["refused", "silent", "no way"]
)
def test_what_is_not_acknowledged_is_sent_again(failure: BaseException | None, monkeypatch: pytest.MonkeyPatch) -> None:
    producer = Producer({1: failure, 3: failure})
    assert len(sent(producer, monkeypatch)) == len(MESSAGES)
    assert producer.values == [*(message.value for message in MESSAGES), MESSAGES[1].value, MESSAGES[3].value]


def test_the_last_one_under_a_key_is_the_last_one_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the topic of what stands of a number, which is compacted to the last."""
    producer = Producer({1: NotLeaderForPartitionError()})
    told: list[bytes | None] = []
    box = Outbox(SimpleNamespace(producer=producer))  # type: ignore[arg-type]  # the same
    box.on_landing = lambda message, landed: told.append(message.value)
    keyed = [Message("t", bytes([at]), key) for at, key in enumerate((b"x", b"y", b"x", b"y", b"y"))]
    other = Message("other", b"o", b"y")
    assert len(asyncio.run(box.send([*keyed, other]))) == 6
    assert producer.values == [b"\0", b"\1", b"\2", b"\3", b"\4", b"o", b"\1", b"\3", b"\4"]
    assert told == [b"\0", b"\2", b"o", b"\1", b"\3", b"\4"]


@pytest.mark.parametrize("failure", [ValueError("a bug"), caused(MessageSizeTooLargeError())], ids=["a bug", "too large"])
def test_what_cannot_be_mended_by_sending_again_is_raised(failure: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((ValueError, ProducerSendError)):
        sent(Producer({2: failure}), monkeypatch)


def test_what_stands_apart_goes_by_a_producer_of_its_own_which_is_started_once_and_closed() -> None:
    """A producer has one request to a broker under way."""

    class Apart(Producer):
        started = stopped = 0

        async def start(self) -> None:
            self.started += 1

        async def stop(self) -> None:
            self.stopped += 1

    shared, made = Producer({}), list[Apart]()

    def create(**_: Any) -> Apart:
        made.append(Apart({}))
        return made[-1]

    app = SimpleNamespace(producer=shared, transport=SimpleNamespace(create_producer=create), loop=None, beacon=None)
    box = Outbox(app, {"t"})  # type: ignore[arg-type]  # the same

    async def run() -> None:
        await asyncio.gather(box.send(MESSAGES[:2]), box.send(MESSAGES[2:]), box.send([Message("other", b"x")]))
        await box.close()

    asyncio.run(run())
    assert [(one.started, one.stopped) for one in made] == [(1, 1)]
    assert sorted(made[0].values) == [message.value for message in MESSAGES]
    assert shared.values == [b"x"]


@pytest.mark.parametrize(("source", "partition"), [(3, 3), (12, 4)])
def test_a_dead_letter_has_a_partition_however_many_its_source_has(source: int, partition: int) -> None:
    message = dead_message(Names("linewatch."), 8, DeadLetter("unreadable", "linewatch.calls", source, 7, b"x"))
    assert message.partition == partition
    assert dict(message.headers)["partition"] == str(source).encode()


def test_what_stands_of_a_number_that_was_forgotten_and_flagged_again_is_the_flag() -> None:
    flag = msgspec.convert(
        dict.fromkeys(Flag.__struct_fields__, "")
        | dict.fromkeys(("score", *TIMES), 0)
        | {"number": "+66921", "fraud_type": "irsf"}
        | {"reasons": [], "evidence": []},
        Flag,
    )
    output = Output(flags=[flag, flag], arrived_ms=[0, 0], forgotten=[(1, flag.standing_key())])
    standing = [one.value is not None for one in messages_of(output, Names(""), True) if one.topic == "standing"]
    assert standing == [True, False, True]

"""The worker: a Faust app with three agents, and a housekeeper that looks after time."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from confluent_kafka import KafkaException
from faust.types import TP
from mode import Service

from linewatch.config.errors import LinewatchError
from linewatch.config.worker import WorkerConfig
from linewatch.stream.metrics import Metrics
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.shell.app import make_app
from linewatch.stream.shell.context import Context
from linewatch.stream.shell.count import Change, Sizes, change_in, refuse_half_done
from linewatch.stream.shell.health import Progress
from linewatch.stream.shell.intake_agent import IntakeAgent
from linewatch.stream.shell.learner_agent import LearnerAgent
from linewatch.stream.shell.memory_file import memory_file_in
from linewatch.stream.shell.outbox import dead_message
from linewatch.stream.shell.profiles_agent import ProfilesAgent
from linewatch.stream.shell.sources import Sources
from linewatch.stream.shell.standby import FOLLOW_S
from linewatch.stream.shell.transport import Records

MOST_FAILURES: Final = 10
HOUSEKEEPING_S: Final = 0.5
LEAVING_S: Final = 6.0
STOPPING_S: Final = 12.0
GRACE_S: Final = 10.0
log = logging.getLogger("linewatch")
Take = Callable[[str, int, Records], Awaitable[None]]


class Worker:
    """Wires agents, signals and the housekeeper to one app."""

    def __init__(self, config: WorkerConfig, metrics: Metrics, progress: Progress, topic_ids: dict[str, str], sizes: Sizes) -> None:
        self.app = make_app(config)
        self.context = Context(config, self.app, metrics, progress, sizes)
        self.context.topic_ids = topic_ids
        self.profiles = ProfilesAgent(self.context, self._give_up)
        self.sources = Sources(self.context, self.profiles.marks)
        self.intake = IntakeAgent(self.context, self.sources, self._give_up)
        self.learner = LearnerAgent(self.context)
        keeps = config.order.feedback and config.state.memory_s > 0
        self.memory_file = memory_file_in(Path(config.state.directory)) if keeps else None
        if self.memory_file is not None:
            self.memory_file.load(self.context.intake)
        self._failures = self._worked_out = 0
        self._generation: int | None = None
        self._making_sure: asyncio.Task[None] | None = None
        self._said_ready = False
        names = self.context.names
        self._agent("intake", list(names.sources.values()), self.intake.take)
        self._agent("profiles", [names.sightings], self.profiles.take)
        self._agent("learner", [names.learner], self.learner.take)
        self.app.on_partitions_assigned.connect(self._assigned)  # type: ignore[arg-type]  # its stubs want any arguments
        self.app.on_partitions_revoked.connect(self._revoked)  # type: ignore[arg-type]  # the same
        self.app.service(self._housekeeper())
        progress.watch(self._is_behind, self._missing)

    def _agent(self, name: str, topics: list[str], take: Take) -> None:
        async def agent(stream: Any) -> None:
            async for event in stream.events():
                await self.context.sure.wait()
                await self._hand_on(name, take, event.message.topic, event.value)

        channel = self.app.topic(*topics, value_serializer="raw", key_serializer="raw")
        self.app.agent(channel, name=f"linewatch.{name}")(agent)

    async def _hand_on(self, name: str, take: Take, topic: str, parts: Mapping[int, Records]) -> None:
        """What a composite has to the agent, of each partition by itself; but for what is read again, see `Records.seek`."""
        consumer = self.context.consumer
        fresh = [(number, records) for number, records in parts.items() if consumer.is_since_seek(TP(topic, number), records)]
        await asyncio.gather(*(self._guarded(name, take, topic, *part) for part in fresh))

    async def _guarded(self, name: str, take: Take, topic: str, partition: int, records: Records) -> None:
        """Nothing escapes an agent: Faust would count the message as done."""
        refused = ""
        try:
            await take(topic, partition, records)
        except asyncio.CancelledError:
            raise
        except LinewatchError as error:
            refused = str(error)
        except Exception:
            log.exception("the %s agent failed on a batch of %d messages", name, len(records))
            self.context.metrics.failures.labels(name).inc()
            if name != "intake" or self._failures_in_a_row() > MOST_FAILURES:
                await self._give_up(f"the {name} agent cannot go on")
            try:
                await self._one_by_one(topic, partition, records, take)
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("a dead letter cannot be written")
                await self._give_up("what cannot be read cannot be put aside either")
        if refused:
            await self._give_up(f"the {name} agent cannot go on: {refused}")

    def _failures_in_a_row(self) -> int:
        """How many times intake failed with nothing worked out in between: records that bring a bug out are few, or all."""
        done = self.intake.worked_out
        self._failures = self._failures + 1 if done == self._worked_out else 1
        self._worked_out = done
        return self._failures

    async def _one_by_one(self, topic: str, partition: int, records: Records, take: Take) -> None:
        """A bug that a record brings out makes that record a dead letter, and no other."""
        for place, offset in enumerate(records.offsets):
            try:
                await take(topic, partition, records.part(place, place + 1))
            except asyncio.CancelledError:
                raise
            except Exception:  # whatever the bug is, the record that brings it out is named
                log.exception("a record at offset %d of partition %d brings a bug out", offset, partition)
                letter = DeadLetter("bug", topic, partition, offset, records.values[place])
                self.context.metrics.dead_letters.labels("bug").inc()
                await self.context.outbox.send([dead_message(self.context.names, self.context.sizes.dead_letters, letter)])
                await self.intake.in_flight.landed(TP(topic, partition))  # those before it
                self.context.consumer.finished[TP(topic, partition)] = offset + 1

    async def _give_up(self, reason: str) -> None:
        """Die, and hold the agent where it is until then: what it could not work off must not count as done."""
        self.die(reason)
        await asyncio.Event().wait()

    def die(self, reason: str) -> None:
        """Stop the process with status 1, in good order if it can, in any case after a grace time."""
        log.critical("stopping: %s", reason)
        asyncio.get_running_loop().call_later(GRACE_S, os._exit, 1)
        self.exit_code = 1
        self._stopping = asyncio.create_task(self.app.stop())

    exit_code = 0

    async def _assigned(self, app: Any, assigned: set[TP], **_: Any) -> None:
        names = self.context.names
        generation: int = app.consumer_generation_id
        stayed = self._generation is not None and generation == self._generation + 1  # nobody else had what it keeps
        if not stayed:
            self.context.sure.clear()
            if self._making_sure is not None:
                self._making_sure.cancel()
            self._making_sure = asyncio.create_task(self._make_sure())
        self._generation = generation
        self.context.consumer.begin()
        self.sources.own(set(assigned))
        used = self.context.sizes.now
        owned, followed = (
            {tp.partition for tp in which if tp.topic == names.sightings and tp.partition < used}
            for which in (assigned, app.assignor.assigned_standbys())
        )
        self.profiles.own(owned, followed - owned, generation, stayed)
        self.learner.own(TP(names.learner, 0) in assigned, stayed)

    async def _make_sure(self) -> None:
        """Nothing is read before it is known that the log is the one of the start: who was no member for a while, be it that the
        process stood still, may find another count of partitions, and what it wrote by the old one would count for nothing.
        """
        refused = ""
        try:
            change = await self._change_of_count()
            refuse_half_done(change)
            if change is not None and change.epoch != self.context.sizes.epoch:
                refused = f"it has {change.now} now: set [topics] partitions and start the worker again"
        except LinewatchError as error:
            refused = str(error)
        except Exception as error:
            log.exception("the count of the log's partitions")
            refused = str(error)
        if refused:
            self.die(f"the count of the log's partitions was changed: {refused}")
            return
        self.context.sure.set()

    async def _change_of_count(self) -> Change | None:
        """The last one, asked for until the brokers answer."""
        while True:
            try:
                return await asyncio.to_thread(change_in, self.context.config)
            except (LinewatchError, KafkaException) as error:
                log.warning("how many partitions the log has could not be asked for: %s", error)
                await asyncio.sleep(HOUSEKEEPING_S)

    async def _revoked(self, app: Any, revoked: set[TP], **_: Any) -> None:
        """Make durable and commit what is worked off, as far as the group waits for it."""
        try:
            async with asyncio.timeout(LEAVING_S):
                await self.intake.in_flight.all_landed()
                await self.profiles.checkpoint_all()
                await self.learner.save(force=True)
                await self.context.consumer.force_commit()
        except TimeoutError:
            log.warning("not all state was made durable before partitions went; the log has it")

    def _housekeeper(self) -> type[Service]:
        worker = self

        class Housekeeper(Service):
            @Service.task
            async def keep_marks(self) -> None:
                await self._again_and_again(worker.keep_marks)

            @Service.task
            async def work_off(self) -> None:
                await worker.intake.work(partial(worker._guarded, "intake", worker.intake.take_alone))

            @Service.task
            async def apply_own(self) -> None:
                await worker.profiles.work(partial(worker._guarded, "profiles", worker.profiles.take))

            @Service.task
            async def keep_state(self) -> None:
                await self._again_and_again(worker.keep_state)

            @Service.task
            async def follow(self) -> None:
                await self._again_and_again(worker.profiles.standbys.follow, FOLLOW_S)

            async def _again_and_again(self, keep: Callable[[], Awaitable[None]], every_s: float = HOUSEKEEPING_S) -> None:
                while not self.should_stop:
                    await self.sleep(every_s)
                    try:
                        await keep()
                    except asyncio.CancelledError:
                        raise
                    except LinewatchError as error:
                        worker.die(str(error))
                        return
                    except Exception:
                        log.exception("housekeeping failed")
                        worker.context.metrics.failures.labels("housekeeper").inc()

        return Housekeeper

    async def keep_marks(self) -> None:
        """Tell which sources are silent: apart from what takes long, for others wait for it."""
        if not self.context.sure.is_set():
            return
        await self.sources.declare()
        await self.sources.look_for_new_topics()
        await self.sources.announce_silent()
        self.sources.hold_back()

    async def keep_state(self) -> None:
        """What else time brings: the learner's take-over, checkpoints, gauges."""
        if self.context.sure.is_set() and TP(self.context.names.learner, 0) in self.context.consumer.assignment():
            await self.learner.take_over()
            await self.learner.save(force=False)
        await self.profiles.checkpoint_due()
        if self.memory_file is not None:
            await self.memory_file.keep(self.context.intake, self.context.config.state.memory_s)
        self.profiles.observe()
        self.intake.observe()
        self.learner.observe()
        if not self._said_ready and not self._missing():
            self._said_ready = True
            log.info("worker ready")

    def _missing(self) -> str:
        return self.profiles.missing()

    def _is_behind(self) -> bool:
        return self.sources.are_behind() or self.profiles.are_behind()


async def run_worker(worker: Worker, ends: Callable[[], bool] = lambda: False) -> int:
    """Run until told to stop; returns the exit status."""
    app = worker.app
    started = time.monotonic()
    try:
        await app.start()
        while not app.should_stop and not ends():
            await asyncio.sleep(0.2)
    finally:
        if not app.should_stop:
            await worker._revoked(app, set())
        stopping = asyncio.ensure_future(app.stop())
        stopped, _ = await asyncio.wait({stopping}, timeout=STOPPING_S)
        if worker.memory_file is not None:
            await worker.memory_file.keep(worker.context.intake, every_s=0.0)
        if not stopped:
            # aiokafka tries a commit again for ever on a client that is closed, as when another member leaves just then
            log.warning("the Kafka client does not stop; what is worked off is committed, and the log has the rest")
            logging.shutdown()
            os._exit(worker.exit_code)
        await stopping
        await worker.context.outbox.close()
        if worker.context.tracer is not None:
            await asyncio.to_thread(worker.context.tracer.close)
    log.info("worker stopped after %.0f s", time.monotonic() - started)
    return worker.exit_code


def set_up_log() -> None:
    """One line a fact on standard error; Faust's own only from warnings on."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("linewatch").setLevel(logging.INFO)
    logging.getLogger("linewatch.stream").setLevel(logging.WARNING)  # where mode logs of our classes

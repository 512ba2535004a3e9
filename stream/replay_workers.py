"""Replay in several processes: one reads and does intake, each other one keeps a partition; they meet at full hours.

Frames go through one pipe a worker, outputs and snapshots through another, so that reading runs ahead of folding. The
flags are those of one process, while no cap of a partition bites: caps count by partition, and there are more of them.
"""

import multiprocessing
import signal
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Queue
from typing import Any, Final, NamedTuple

from linewatch.config.errors import LinewatchError, UnusableInput
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.decision.score import NumberScorer
from linewatch.stream.memory import settle
from linewatch.stream.order.frame import decode
from linewatch.stream.order.hold import NEVER, Hold
from linewatch.stream.order.settings import OrderSettings
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.output import Output
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.replay import FILES, AtHour, Finding, OneProcess

AHEAD: Final = 8
"""Batches that reading may run ahead of a worker; each is some 1 MB."""
FAREWELL_S: Final = 5.0


class Models(NamedTuple):
    """Whether there is a number model, which each worker loads for itself, and the folder of others."""

    number: bool
    candidates: Path | None


def models_of(number_model: NumberScorer | None) -> Models:
    """What a worker has to load to have the same."""
    return Models(number_model is not None, number_model.candidates if number_model else None)


class WorkerFailed(RuntimeError):
    """A bug in a worker, or its sudden end; the text says which."""


class Workers:
    """As `Profiles` says: a process for each partition."""

    def __init__(self, partitions: int, models: Models, keep_features: bool, at_hour: AtHour) -> None:
        self.partitions = partitions
        self._at_hour = at_hour
        self._stops: list[int] = []
        self._stopped_ms = NEVER
        self._clock = Hold(len(FILES))
        """Nothing is held here: it follows the marks, as each worker's own does, and so knows when they stop."""
        self._clock.settle_ms = round(OrderSettings().settle_s * 1000)
        self._links: list[_Link] = []
        try:
            for number in range(partitions):
                self._links.append(_Link(number, models, keep_features))
        except BaseException:
            self.close()
            raise

    def apply(self, frames: list[list[bytes]], stops: list[int]) -> None:
        """As `Profiles` says."""
        for link, own in zip(self._links, frames, strict=True):
            link.send((own, stops))
        self._stops = sorted({*self._stops, *(stop for stop in stops if stop > self._stopped_ms)})
        for raw in frames[0]:
            for source, mark in decode(raw).marks:
                self._clock.mark(source, mark, 0)
        self._clock.release(0)
        self._meet()

    def _meet(self) -> None:
        """Where all stop at a full hour, take what they gave, and hand them the snapshot that was made of it."""
        while self._stops and self._stops[0] <= self._clock.released_ms:
            self._stopped_ms = self._stops.pop(0)
            snapshot = self._at_hour(self._stopped_ms, [link.receive() for link in self._links])
            for link in self._links:
                link.answer(snapshot)

    def finish(self) -> tuple[list[Output], list[Finding]]:
        """As `Profiles` says."""
        for link in self._links:
            link.send(None)
        self._clock.drain()
        self._meet()
        ends: list[tuple[list[Output], list[Finding]]] = [link.receive() for link in self._links]
        return [output for outputs, _ in ends for output in outputs], [found for _, findings in ends for found in findings]

    def close(self) -> None:
        """As `Profiles` says."""
        for link in self._links:
            link.close()


class _Link:
    """One worker, from its parent's side; a thread writes to it, so that reading need not wait."""

    def __init__(self, number: int, models: Models, keep_features: bool) -> None:
        context = multiprocessing.get_context("spawn")
        frames_in, self._frames = context.Pipe(duplex=False)
        self._talk, talk = context.Pipe()
        arguments = (number, models, keep_features, frames_in, talk)
        self._number = number
        self._process = context.Process(target=_work, args=arguments, name=f"replay-{number}", daemon=True)
        self._process.start()
        frames_in.close()
        talk.close()
        self._queue: Queue[Any] = Queue(AHEAD)
        self._broken = threading.Event()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def _write(self) -> None:
        while True:
            message = self._queue.get()
            if message is _Link:
                return
            try:
                if not self._broken.is_set():
                    self._frames.send(message)
            except OSError:
                self._broken.set()  # the queue goes on being emptied; what went wrong is read from the other pipe

    def send(self, message: Any) -> None:
        """Frames and stops, or None when there are no more."""
        if self._broken.is_set():
            self.receive()
        self._queue.put(message)

    def receive(self) -> Any:
        """What the worker says next; raises what ended it."""
        try:
            kind, value = self._talk.recv()
        except (EOFError, OSError):
            self._process.join(FAREWELL_S)
            raise WorkerFailed(f"worker {self._number} of the replay ended with status {self._process.exitcode}") from None
        if kind == "unusable":
            raise UnusableInput(value)
        if kind == "bug":
            raise WorkerFailed(f"worker {self._number} of the replay failed:\n{value}")
        return value

    def answer(self, snapshot: tuple[int, bytes] | None) -> None:
        """The snapshot that was made at the full hour, if there is one."""
        self._talk.send(snapshot)

    def close(self) -> None:
        """End the process, whatever it does."""
        self._broken.set()
        if self._process.is_alive():
            self._process.terminate()
        self._process.join(FAREWELL_S)
        self._queue.put(_Link)
        self._writer.join(FAREWELL_S)
        self._frames.close()
        self._talk.close()


def _work(number: int, models: Models, keep_features: bool, frames: Connection, talk: Connection) -> None:
    """The worker: folds what comes, and meets the others at full hours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    try:
        model = NumberModel.load(FEATURES, candidates=models.candidates) if models.number else None
        partition = Partition(number, len(FILES), model, keep_features=keep_features)
        profiles = OneProcess(partition, _meeting(talk))
        settle()
        while (message := frames.recv()) is not None:
            own, stops = message
            profiles.apply([own], stops)
        talk.send(("end", profiles.finish()))
    except (EOFError, BrokenPipeError):
        return  # the parent is gone
    except LinewatchError as error:
        talk.send(("unusable", str(error)))
    except Exception:
        talk.send(("bug", traceback.format_exc()))


def _meeting(talk: Connection) -> AtHour:
    def meet(hour_ms: int, outputs: list[Output]) -> tuple[int, bytes] | None:
        talk.send(("hour", outputs[0]))
        answer: tuple[int, bytes] | None = talk.recv()
        return answer

    return meet

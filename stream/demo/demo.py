"""`linewatch demo`: starts the parts, feeds, shows, and takes everything down again."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.live import Live

from linewatch.config.errors import UnusableInput
from linewatch.config.worker import load_worker_config
from linewatch.stream.demo import carrier
from linewatch.stream.demo.analyst import Analyst
from linewatch.stream.demo.board import Board
from linewatch.stream.demo.carrier import Traffic
from linewatch.stream.demo.embedded_broker import EmbeddedBroker, free_port
from linewatch.stream.demo.feeder import Feeder
from linewatch.stream.demo.summary import show
from linewatch.stream.demo.view import CAUTION, view
from linewatch.stream.demo.wires import Wires
from linewatch.stream.demo.worker_process import CONFIGURATION, WorkerProcess
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.shell.admin import answering, create_topics

FOLDER: Final = Path("demo")
PARTITIONS: Final = 4
METRICS_PORT: Final = 9464
TICK_S: Final = 0.1
LOOK_S: Final = 0.5  # between two looks at the worker's offsets
LINE_S: Final = 5.0  # between two lines where there is no terminal
QUIET_S: Final = 3.0  # with no flag after the last record: it is over
SETTLED_S: Final = 20.0  # from the worker's being ready; before, sources that sent nothing may hold flags back
LINGER_S: Final = 30.0  # for the worker to finish after the last record
FINISHED: Final = "the simulated carrier has handed in all its records; broker, worker and metrics stay up"


class Demo:
    """One run; `seconds` of feeding, or until it is told to stop."""

    def __init__(self, seconds: float | None, console: Console) -> None:
        self._seconds = seconds
        self._console = console
        self._told_to_stop = self._said_finished = False
        self._ready_s = self._looked_s = self._lined_s = self._flagged_s = time.monotonic()

    def run(self) -> None:
        """All of it."""
        with ExitStack() as stack:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                stack.callback(signal.signal, number, signal.signal(number, self._stop))
            traffic = self._start(stack)
            if traffic is None:
                return
            with self._shown(), answering(self._config):
                self._feed(traffic)
            self._say("ending the worker and the broker")
        show(self._console, self._board, traffic)

    def _stop(self, number: int, frame: Any) -> None:
        self._told_to_stop = True

    def _start(self, stack: ExitStack) -> Traffic | None:
        """Broker, topics, worker, traffic; None when it was told to stop meanwhile."""
        port = free_port(METRICS_PORT)
        if port != METRICS_PORT:
            self._say(f"port {METRICS_PORT} is taken; metrics are on port {port}")
        try:
            FOLDER.mkdir(exist_ok=True)
            self._flags = stack.enter_context((FOLDER / "flags.jsonl").open("wb"))
        except OSError as error:
            raise UnusableInput(f"{FOLDER.absolute()} cannot be written: {error.strerror}; run where you may write") from None
        self._say(f"starting the embedded broker. {CAUTION}")
        broker = EmbeddedBroker(FOLDER / "broker.log")
        stack.callback(broker.stop)
        simulation = carrier.simulate_carrier(carrier.days_for(self._seconds))
        (FOLDER / "operator.toml").write_text(simulation.operator_toml())
        text = CONFIGURATION.format(bootstrap=broker.bootstrap, partitions=PARTITIONS, folder=FOLDER, port=port)
        (FOLDER / "worker.toml").write_text(text)
        self._config = load_worker_config(FOLDER / "worker.toml")
        broker.wait()
        create_topics(self._config)
        self._say(f"starting the worker; its log is {FOLDER}/worker.log")
        self._worker = WorkerProcess(FOLDER / "worker.toml", port)
        stack.callback(self._worker.child.stop)
        traffic = carrier.traffic_of(simulation)
        self._board = Board(self._worker.metrics, str(FOLDER))
        self._wires = Wires(self._config)
        stack.callback(self._wires.close)
        self._worker.wait(self._pause)
        self._ready_s = time.monotonic()
        self._say(f"the worker is ready; the simulated carrier hands in {len(traffic.records):,} records")
        return None if self._told_to_stop else traffic

    def _pause(self) -> bool:
        time.sleep(TICK_S)
        return self._told_to_stop

    @contextmanager
    def _shown(self) -> Iterator[None]:
        """The live view, in a terminal."""
        self._live = None
        if not self._console.is_terminal:
            yield
            return
        with Live(view(self._board, self._console.height), console=self._console, auto_refresh=False, transient=True) as self._live:
            yield

    def _feed(self, traffic: Traffic) -> None:
        """Feed until the time is over and the worker has finished, or until told to stop."""
        days = (traffic.end_ms - traffic.start_ms) / DAY_MS
        feeder = Feeder(traffic, carrier.seconds_for(days, self._seconds), self._wires.send)
        analyst = Analyst(traffic)
        while not self._told_to_stop and not self._is_over(feeder):
            now_s = time.monotonic()
            if self._seconds is None or now_s - self._ready_s <= self._seconds + QUIET_S:
                feeder.tick(now_s, self._board.worked_off)
            for flag in self._read_flags():
                analyst.sees(flag)
            if not feeder.finished:
                for verdict in analyst.says(feeder.clock_ms):
                    self._wires.send("verdicts", verdict)
            self._board.verdicts, self._board.sent = analyst.verdicts, feeder.sent
            self._board.clock_ms = feeder.clock_ms
            self._look(now_s, feeder.finished)
            time.sleep(max(0.0, TICK_S - (time.monotonic() - now_s)))
        self._read_flags()

    def _read_flags(self) -> list[dict[str, Any]]:
        self._wires.flush()
        found = []
        for value in self._wires.flags():
            self._flags.write(value + b"\n")
            found.append(self._board.flagged(value, time.monotonic() - self._ready_s))
            self._flagged_s = time.monotonic()
        self._flags.flush()
        return found

    def _look(self, now_s: float, finished: bool) -> None:
        """How far the worker is; then bring the view up to date."""
        if now_s - self._looked_s >= LOOK_S:
            self._worker.check()
            self._looked_s = now_s
            self._board.progress(now_s, self._wires.worked_off())
            self._board.said = FINISHED if finished else "the simulated carrier is at work"
            if self._live is not None:
                self._live.update(view(self._board, self._console.height), refresh=True)
        if self._live is None and now_s - self._lined_s >= LINE_S and not self._said_finished:
            self._lined_s = now_s
            self._say(self._board.line(now_s - self._ready_s))
            if finished and self._seconds is None and self._board.worked_off >= self._board.sent:
                self._said_finished = True
                self._say(FINISHED)

    def _is_over(self, feeder: Feeder) -> bool:
        """With `--for`: all is handed in, worked off, and no flag has come for a while, or it takes too long."""
        if self._seconds is None:
            return False
        now_s = time.monotonic()
        if now_s - self._ready_s >= self._seconds + LINGER_S:
            return True
        out = now_s - self._ready_s >= SETTLED_S and (feeder.finished or now_s - self._ready_s >= self._seconds + QUIET_S)
        done = self._board.worked_off >= self._board.sent + self._board.verdicts
        return out and done and now_s - max(self._flagged_s, self._ready_s + self._seconds) >= QUIET_S

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, highlight=False, markup=False)

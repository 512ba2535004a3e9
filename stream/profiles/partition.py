"""One partition of the sightings log as a state: frames in, flags out, the same for worker and replay.

What comes out is a pure function of the frames in their order: not of how they are cut into calls, of restarts, or
of any clock but the log's own.
"""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.errors import UnusableInput
from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Policy, policy_from_toml
from linewatch.models.online.snapshot import OnlineModels, snapshot_of
from linewatch.stream.decision.decide import SUSPICION, Decider
from linewatch.stream.decision.score import Asked, NumberScorer, Scorer
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.learner.examples import Examples
from linewatch.stream.order import sighting as s
from linewatch.stream.order.admit import admit
from linewatch.stream.order.batch import Batch, join
from linewatch.stream.order.frame import Control, Frame, Source, decode, piece_of
from linewatch.stream.order.hold import FOREVER, NEVER, Hold
from linewatch.stream.order.settings import order_settings
from linewatch.stream.profiles.deciding import Deciding, Gated
from linewatch.stream.profiles.durable import MEND, Chunks, Parts, unpack
from linewatch.stream.profiles.features import FEATURES, features
from linewatch.stream.profiles.fold import fold
from linewatch.stream.profiles.output import Output
from linewatch.stream.profiles.row import SNAPSHOT
from linewatch.stream.profiles.store import Store
from linewatch.stream.profiles.tables import GATED, LATE, Settings, scratch

CHUNK = 1 << 14
NEEDED = frozenset(("policy", "operator", "order", "models"))
KINDS = NEEDED | {"shadow"}
COMING = "models to come"
"""Beside the control records in force: models that count from an event time on that has not come."""


class Partition:
    """The state of one partition; `sources` is how many source partitions feed the log, as far as the log does not tell."""

    def __init__(
        self,
        number: int,
        sources: int,
        number_model: NumberScorer | None,
        keep_features: bool = False,
    ) -> None:
        self.number = number
        self.number_model = number_model
        self.keep_features = keep_features
        self.hold = Hold(sources)
        self.store = Store()
        self.live = Deciding()
        self.shadow: Deciding | None = None
        self.next_offset = 0
        self.epoch = 0
        self.begun_anew = False
        """Whether the state came with the log, so that the next unit must be a full one."""
        self.skipped = 0
        self.late = 0
        self.controls: dict[str, tuple[int, bytes]] = {}
        self.accepted: dict[Source, int] = {}
        self._sources: dict[Source, int] = {}
        self._change, self._arrived = "", list[bytes]()
        self._pending: list[Batch] = []
        self._copies, self._outcomes, self._work_room = np.empty(0, SNAPSHOT), np.empty(0, np.uint8), scratch()
        self._stops: list[int] = []
        self._is_stopped = False
        self._coming_ms = FOREVER
        self._stopped_ms = NEVER
        self.at_stop: Callable[[int, Output], None] = lambda stop_ms, output: None
        self.clock: Callable[[str], None] = lambda stage: None
        self.heard: Callable[[bytes], None] = lambda snapshot: None
        """Told of each snapshot of the online models as it comes, before it counts."""
        self.seen: Callable[[NDArray[np.void], NDArray[np.float64] | None], None] | None = None
        """Told of sightings as they are applied, and of those that were scored again with their scores."""

    @property
    def decider(self) -> Decider:
        """The decider of the policy in force."""
        return self.live.decider

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.live.policy

    @property
    def tally(self) -> dict[Source, tuple[int, int]]:
        """By source partition how many records were applied, and how many were duplicates."""
        counts = self.store.tally
        return {source: (int(counts[index, 0]), int(counts[index, 1])) for source, index in self._sources.items()}

    @property
    def names(self) -> dict[int, str]:
        """By entity the form in which a number that anything is held of is reported."""
        return {entity: episode.number for (entity, _), episode in self.decider.episodes.items()}

    @property
    def ready(self) -> bool:
        """Whether the first policy, operator list, order and models stand in the partition."""
        return self.controls.keys() >= NEEDED

    @property
    def is_arriving(self) -> bool:
        """Whether a part of the state that it begins anew with has been read, and not yet all: no unit may stand for that."""
        return bool(self._arrived)

    def apply(self, frames: Sequence[tuple[int, bytes, int]]) -> Output:
        """Take in messages of the log, (offset, value, broker timestamp in ms), by rising offset; skip repeats."""
        output = Output()
        for offset, value, timestamp_ms in frames:
            if offset < self.next_offset:
                continue
            frame = decode(value)
            if frame.control is not None:
                self._work(output)
                self._control(frame.control, output)
            else:
                self._accept(frame, timestamp_ms)
            self.next_offset = offset + 1
            is_state = frame.control is not None and frame.control.kind == "state"
            if self.ready and not is_state:  # what is held goes on to wait: the pieces say nothing of the sources
                self._queue(self.hold.release(timestamp_ms), output)
                if self._has_due():
                    self._work(output)
                    self._tick(output)
        self._work(output)
        return output

    def drain(self) -> Output:
        """Release all that is held and finish: for files, where no more will come."""
        output = Output()
        self._queue(self.hold.drain(), output)
        self._work(output)
        self._tick(output)
        return output

    def _has_due(self) -> bool:
        """Whether the clock has reached a moment that changes a state: a matter of the log, not of where a call ends.

        What waits to be folded may bring such a moment about, a day after it at the soonest; it never waits half as long.
        """
        if any(deciding.decider.next_due_ms <= self.hold.released_ms for deciding in self._both()):
            return True
        return bool(self._pending) and self.hold.released_ms - int(self._pending[0].rows["event_ms"][0]) > DAY_MS // 2

    def _both(self) -> tuple[Deciding, ...]:
        return (self.live,) if self.shadow is None else (self.live, self.shadow)

    def _tick(self, output: Output) -> None:
        self.live.tick(self.hold.released_ms, output)
        if self.shadow is not None:
            with _aside(output) as aside:
                self.shadow.tick(self.hold.released_ms, aside)

    def _accept(self, frame: Frame, timestamp_ms: int) -> None:
        """Into the hold, but for what was accepted before."""
        marks = [(source, mark) for source, mark in frame.marks if source.epoch == self.epoch]
        late_before_ms = self.hold.late_before_ms(marks, timestamp_ms) if frame.rows else []
        for source, mark in marks:
            self.hold.mark(source, mark, timestamp_ms)
        if not frame.rows or len(marks) < len(frame.marks):  # those that have rows together are of one epoch
            return
        rows = frame.sightings().copy()
        indexes = np.array([self._index_of(source) for source, _ in marks], np.int64)
        before = np.array([self.accepted.get(source, -1) for source, _ in marks], np.int64)
        after = before.copy()
        fresh = admit(rows, indexes, before, after, np.array(late_before_ms, np.int64))
        self.skipped += len(rows) - fresh
        self.accepted.update((source, offset) for (source, _), offset in zip(marks, after.tolist(), strict=True) if offset >= 0)
        self.hold.add(Batch(rows[:fresh], np.frombuffer(frame.text, np.uint8)))

    def _index_of(self, source: Source) -> int:
        index = self._sources.setdefault(source, len(self._sources))
        self.store.count_sources(index + 1)
        return index

    def _control(self, control: Control, output: Output) -> None:
        if control.kind == "forget":
            output.forgotten += [(len(output.flags), key) for key in self.forget(int(control.payload))]
            return
        if control.kind == "state":
            self._arrive(control)
            return
        if control.kind not in KINDS:
            raise UnusableInput(
                f"the sightings log has a control record of kind {control.kind!r}, which this version does not know: "
                "run the version that wrote it"
            )
        held = self.controls.keys() & {control.kind, *([COMING] if control.kind == "models" else [])}
        if held and control.version <= max(self.controls[kind][0] for kind in held):
            return
        if control.kind == "models" and self._is_to_come(control):
            return
        self.controls[control.kind] = (control.version, control.payload)
        self._in_force(control.kind, self._at_ms, output)

    @property
    def _at_ms(self) -> int:
        """Up to which event time sightings are worked off, where a control record or a stop finds them."""
        return self._stopped_ms if self._is_stopped else self.hold.released_ms

    def _is_to_come(self, control: Control) -> bool:
        """Whether models count from an event time on that has not come; then they wait. What waited before them is forgotten."""
        if control.payload:
            OnlineModels.from_snapshot(control.payload, FEATURES)  # refused as it comes
            self.heard(control.payload)
        self.controls.pop(COMING, None)
        if "models" in self.controls and control.payload and _from_ms(control.payload) > max(self._at_ms, 0):
            self.controls[COMING] = (control.version, control.payload)
        self._coming_ms = _from_ms(self.controls.get(COMING, (0, b""))[1])
        return COMING in self.controls

    def _in_force(self, kind: str, at_ms: int, output: Output) -> None:
        """Go on by the control records that stand now, one of which is another than before."""
        if kind == "shadow":
            self.shadow = None
        self._replace()
        if not self.ready:
            return
        if kind != "shadow":
            self.live.enforce(at_ms, output)
        if self.shadow is not None:
            with _aside(output) as aside:
                self.shadow.enforce(at_ms, aside)

    def _arrive(self, control: Control) -> None:
        """A piece of the state to begin anew with; the last one puts it in force. What a try that failed has left is dropped."""
        piece = piece_of(control)
        if piece.change != self._change or piece.number != len(self._arrived):
            self._change, self._arrived = piece.change, []
        if piece.number == len(self._arrived):
            self._arrived.append(piece.chunk)
        if len(self._arrived) == piece.count:
            arrived, self._change, self._arrived = self._arrived, "", []
            self.restore(arrived)
            self.begun_anew = True

    def _replace(self) -> None:
        """Build scorers and settings from the control records in force."""
        if not self.ready:
            return
        policy = policy_from_toml(self.controls["policy"][1].decode())
        order = order_settings(self.controls["order"][1])
        self.hold.mode, self.hold.settle_ms = order.mode, round(order.settle_s * 1000)
        self.hold.sources = order.sources or self.hold.sources
        if order.report_only and not policy.report_only:
            policy = _report_only(policy)
        operator = operator_from_toml(self.controls["operator"][1].decode())
        payload = self.controls["models"][1]
        online = OnlineModels.from_snapshot(payload, FEATURES) if payload else None
        self.hold.most = policy.caps.held
        self.settings = _settings(policy)
        self.live.replace(self._scorer("policy", policy, online), operator)
        candidate = self.controls.get("shadow", (0, b""))[1]
        if candidate:
            self.shadow = self.shadow or self.live.copy()
            self.shadow.replace(self._scorer("shadow", policy_from_toml(candidate.decode()), online), operator)
        else:
            self.shadow = None

    def _scorer(self, kind: str, policy: Policy, online: OnlineModels | None) -> Scorer:
        return Scorer(policy, self.number_model, online)

    def stop_at(self, hours_ms: Iterable[int]) -> None:
        """Event times at which `at_stop` is called: after all sightings before it, ahead of the first one not before it."""
        for hour_ms in hours_ms:
            if hour_ms > self._stopped_ms and hour_ms not in self._stops:
                insort(self._stops, hour_ms)

    def _queue(self, released: Batch, output: Output) -> None:
        """Take what was released; stop where that was asked for, and where models that waited are to count."""
        while (next_ms := min(self._coming_ms, self._stops[0] if self._stops else FOREVER)) <= self.hold.released_ms:
            at = int(np.searchsorted(released.rows["event_ms"], next_ms))
            self._pending.append(released.part(0, at))
            released = released.part(at, len(released.rows))
            self._work(output)
            if next_ms == self._coming_ms:
                self.controls["models"], self._coming_ms = self.controls.pop(COMING), FOREVER
                self._in_force("models", next_ms, output)
            else:
                self._stopped_ms, self._is_stopped = self._stops.pop(0), True
                self.at_stop(next_ms, output)
                self._is_stopped = False
        if len(released.rows):
            self._pending.append(released)

    def _work(self, output: Output) -> None:
        """Fold, score and decide what was released."""
        if not self._pending:
            return
        batch, self._pending = join(self._pending), []
        begin = 0
        while begin < len(batch.rows):
            begin += self._chunk(batch.part(begin, begin + CHUNK), output)
        output.released += len(batch.rows)

    def _chunk(self, batch: Batch, output: Output) -> int:
        """As many rows as come before the next sweep; returns how many."""
        store, count = self.store, len(batch.rows)
        most = store.limit(self.policy.caps.rows)
        tables = store.tables(count)
        copies, outcomes = self._room(count)
        duplicates, legs = store.recent(store.duplicates), store.recent(store.legs)
        self.clock("order")
        done = fold(batch.rows, tables, duplicates, legs, self.settings, store.due_ms(), most, copies, outcomes, self._work_room)
        store.folded()
        self.late = int(store.running[LATE])
        self.clock("fold")
        if self.seen is not None:
            self.seen(batch.rows[: int(done)], None)
        gated, dangerous = copies[: store.running[GATED]], dict(self.decider.dangerous)
        if len(gated):
            self._decide(batch, gated, output)
        self.live.warn(batch.part(0, int(done)), dangerous, output)
        if done < count:
            self._sweep(most)
        return int(done)

    def _sweep(self, most: int) -> None:
        self.store.sweep(self.settings.expire_ms, most, self.decider.suspected(), self.decider.standing())

    def _room(self, count: int) -> tuple[NDArray[np.void], NDArray[np.uint8]]:
        """Arrays for the fold to write to, kept from call to call."""
        if len(self._copies) < count:
            self._copies, self._outcomes = np.empty(count, SNAPSHOT), np.empty(count, np.uint8)
        return self._copies, self._outcomes

    def _decide(self, batch: Batch, gated: NDArray[np.void], output: Output) -> None:
        rows = features(gated, self.policy.half_lives_s)
        self.clock("features")
        asked = Asked(rows)
        scores = self.decider.scorer.scores(asked)
        self.clock("score")
        output.scored += len(gated)
        if self.keep_features:
            output.feature_rows.append((batch.rows[gated["sighting"]], rows, scores))
        columns = Gated(batch, gated, rows)
        if self.seen is not None:
            self.seen(columns.sightings, scores)
        self.live.decide(columns, scores, output)
        self._sample(columns.sightings, rows, scores, output)
        self.clock("decide")
        if self.shadow is not None:
            with _aside(output) as aside:
                self.shadow.decide(columns, self.shadow.decider.scorer.scores(asked), aside)
            self.clock("shadow")

    def _sample(self, sightings: NDArray[np.void], rows: NDArray[np.float32], scores: NDArray[np.float64], output: Output) -> None:
        """Rows that show the learner what is ordinary: by hash of the record, never one that looks like fraud."""
        ratio = self.policy.learner.sample_ratio
        chosen = (sightings["record"] >> np.uint64(11)) < np.uint64(int(ratio * (1 << 53)))
        chosen &= (scores.max(axis=1) < SUSPICION) & (sightings["kind"] <= s.SMS)
        if chosen.any():
            output.examples.append(Examples.of_ordinary(sightings["event_ms"][chosen], rows[chosen], sightings["record"][chosen]))

    def install(self, kind: str, version: int, payload: bytes) -> None:
        """A control record that came by another way than the log: between two sightings of a replay."""
        self._control(Control(kind, version, payload), Output())

    def forget(self, entity: int) -> list[bytes]:
        """Remove a number from rows, names and episodes; the keys under which flags of it stand."""
        rows = self.store.numbers.rows[: self.store.numbers.count]
        self.store.numbers.keep(rows["entity"] != np.uint64(entity))
        if self.shadow is not None:
            self.shadow.decider.forget(entity)
        return self.live.decider.forget(entity)

    def checkpoint(self, full: bool) -> Chunks:
        """One durable unit that stands for `next_offset`: everything, or what changed since the last one; copies, all of it."""
        return Chunks(*self.parts(full))

    def parts(self, full: bool) -> Parts:
        """The same as plain data and arrays."""
        store = self.store
        self.begun_anew &= not full
        duplicates, ends_of_duplicates = store.duplicates.take_changed(full)
        legs, ends_of_legs = store.legs.take_changed(full)
        blobs = {
            "gone": store.numbers.take_gone(full),
            "gone_blocks": store.blocks.take_gone(full),
            "numbers": store.numbers.take_changed(full),
            "blocks": store.blocks.take_changed(full),
            "duplicates": duplicates,
            "legs": legs,
        }
        side = {
            "full": full,
            "next_offset": self.next_offset,
            "hold": self.hold.state(),
            "live": self.live.state(),
            "shadow": self.shadow.state() if self.shadow is not None else None,
            "controls": self.controls,
            "accepted": [[list(msgspec.structs.astuple(source)), offset] for source, offset in self.accepted.items()],
            "sources": [list(msgspec.structs.astuple(source)) for source in self._sources],
            "epoch": self.epoch,
            "running": store.running.tolist(),
            "recent": {"duplicates": ends_of_duplicates, "legs": ends_of_legs},
            "tally": store.tally[: len(self._sources)].tolist(),
            "swept": [store.swept_ms, store.evicted, store.most, self.skipped],
            "features": list(FEATURES),
        }
        return side, blobs

    def restore(self, chunks: Iterable[bytes]) -> None:
        """Take one unit in: a full one first, then those that came after it, in order."""
        side, blobs = unpack(chunks)
        _check_features(side["features"])
        store = self.store
        if side["full"]:
            store.numbers.replace(blobs["numbers"])
            store.blocks.replace(blobs["blocks"])
        else:
            store.numbers.update(blobs["numbers"], blobs["gone"])
            store.blocks.update(blobs["blocks"], blobs["gone_blocks"])
        for recent, name in ((store.duplicates, "duplicates"), (store.legs, "legs")):
            recent.take_in(blobs[name], side["recent"][name])
        store.running[:] = side["running"]
        store.swept_ms, store.evicted, store.most, self.skipped = side["swept"]
        self._sources = {}
        for source in side["sources"]:
            self._index_of(Source(*source))
        store.tally[: len(self._sources)] = np.array(side["tally"], np.int64).reshape(-1, 2)
        self.accepted = {Source(*source): offset for source, offset in side["accepted"]}
        self.controls = {kind: (version, payload) for kind, (version, payload) in side["controls"].items()}
        self._coming_ms = _from_ms(self.controls.get(COMING, (0, b""))[1])
        self.next_offset, self.epoch = side["next_offset"], side["epoch"]
        self.hold.load(side["hold"])
        self._replace()
        self.live.load(side["live"])
        if self.shadow is not None:
            self.shadow.load(side["shadow"])
        self.late = int(store.running[LATE])
        store.numbers.clean()
        store.blocks.clean()


@contextmanager
def _aside(output: Output) -> Iterator[Output]:
    """Where the shadow writes: of it flags alone are kept, for nothing is learned from a policy that is not in force."""
    aside = Output()
    yield aside
    output.shadow += aside.flags


def _from_ms(models: bytes) -> int:
    """The event time from which a snapshot counts; never, for none."""
    return snapshot_of(models).from_ms if models else FOREVER


def _check_features(features: list[str]) -> None:
    """Rows that were flagged are kept as they were scored: of other features they would be misread."""
    if tuple(features) != FEATURES:
        raise UnusableInput(
            f"the stored state has {len(features)} features of another version, this version has {len(FEATURES)}: {MEND}"
        )


def _report_only(policy: Policy) -> Policy:
    changed = msgspec.structs.replace(policy, report_only=True)
    changed.__dict__["source"] = policy.source
    return changed


def _settings(policy: Policy) -> Settings:
    prefixes = [prefix[1:] for prefix in policy.hot_destinations]
    return Settings(
        half_lives_ms=np.array(policy.half_lives_s) * 1000.0,
        hot_prefixes=np.array([int(prefix) for prefix in prefixes], np.uint64),
        hot_lengths=np.array([len(prefix) for prefix in prefixes], np.int64),
        expire_ms=round(policy.expire_days * DAY_MS),
        min_attempts=policy.gate.min_attempts,
        min_messages=policy.gate.min_messages,
    )

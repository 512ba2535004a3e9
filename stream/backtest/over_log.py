"""A backtest over a worker's sightings log: the same sightings and models in the same order, other policies."""

import time
from collections.abc import Callable, Iterator
from itertools import islice

from confluent_kafka import Consumer, TopicPartition

from linewatch.config.errors import DoesNotHold
from linewatch.config.folding import folded_apart
from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Policy
from linewatch.config.worker import WorkerConfig
from linewatch.stream.backtest.run import Backtest, Outcome, outcome_of
from linewatch.stream.backtest.twice import Twice, Watched
from linewatch.stream.decision.flag import Flag
from linewatch.stream.decision.score import NumberScorer
from linewatch.stream.order.frame import decode
from linewatch.stream.profiles.output import Output
from linewatch.stream.replay import flag_order
from linewatch.stream.shell import push
from linewatch.stream.shell.count import change_in, sizes_of
from linewatch.stream.shell.topics import Names

TIMEOUT_S = 15.0
BATCH = 500
Progress = Callable[[int, int], None]
"""Called with messages read, and how many there are in all."""


def over_log(
    config: WorkerConfig,
    policies: list[Policy],
    number_model: NumberScorer | None,
    since_ms: int | None = None,
    progress: Progress = lambda read, total: None,
) -> Backtest:
    """Run one or two policies over the log, from the messages on that the broker took at `since_ms`, or all of it.

    Where the number of partitions was changed, from there on at most: numbers are known then, and nothing stands of them.
    A part of the log is read without what was known before: numbers are met anew, and there are no online models before the
    first snapshot in it, for both policies alike. Raises DoesNotHold when no worker has started on these topics.
    """
    began = time.perf_counter()
    standing = push.standing(config)
    if standing.keys() & {"operator", "order", "models"} != {"operator", "order", "models"}:
        raise DoesNotHold("no worker has started on these topics yet: there is no log; start one with `linewatch worker`")
    first, second = policies[0], policies[1] if len(policies) > 1 else None
    apart = folded_apart(first, second) if second is not None else []
    sides: list[Side] = [Side(first), *([Side(second)] if second is not None else [])]
    reader, topic = push.consumer(config), Names(config.topics.prefix).sightings
    hours: set[int] = set()
    records = scored = 0
    try:
        change = change_in(config)
        sizes = sizes_of(config, {topic: config.topics.partitions}, change)
        begins = _begins(reader, topic, config.topics.partitions, since_ms)
        if change is not None:
            begins = [
                (_all_or_none(reader, topic, number, begin, change.begin_of(number)), end)
                for number, (begin, end) in enumerate(begins)
            ]
        known = {kind: (standing[kind].version, standing[kind].payload) for kind in ("operator", "order")}
        known["models"] = 0, b""  # the newest would know what comes only later
        total, read = sum(end - begin for begin, end in begins), 0
        for number, (begin, _) in enumerate(begins):
            pairs = [(first, None), (second, None)] if second is not None and apart else [(first, second)]
            runs = [Twice(number, sizes.sources_at_first, number_model, one, other) for one, other in pairs if one is not None]
            for run in runs:
                run.next_offset, run.epoch = begin, sizes.epoch
                if begin or change is not None:  # a state that comes brings its own
                    for kind, (version, payload) in known.items():
                        run.install(kind, version, payload)
            for batch in _batches(reader, topic, number, begin):
                outputs = [run.apply(batch) for run in runs]
                scored += _shared_out(outputs, sides)
                read += len(batch)
                progress(read, total)
            scored += _shared_out([run.drain() for run in runs], sides)
            scorers = [scorer for run in runs if run.ready for scorer in run.scorers]
            for side, scorer in zip(sides, scorers, strict=False):
                side.scorers.append(scorer)
            hours |= runs[0].hours
            records += runs[0].records
    finally:
        reader.close()
    country = operator_from_toml(standing["operator"].payload.decode()).country
    outcomes = [side.outcome() for side in sides]
    return Backtest(outcomes, records, scored, len(hours) / 24, apart, country, False, time.perf_counter() - began)


class Side:
    """What one policy has made of the partitions so far."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.flags: list[Flag] = []
        self.scorers: list[Watched] = []

    def outcome(self) -> Outcome:
        """All of it, flags in the order of a file."""
        return outcome_of(self.policy, sorted(self.flags, key=flag_order), self.scorers)


def _shared_out(outputs: list[Output], sides: list[Side]) -> int:
    """Flags to their sides; returns how many sightings were scored."""
    flags = [outputs[0].flags, outputs[1].flags if len(outputs) > 1 else outputs[0].shadow]
    for side, of_it in zip(sides, flags, strict=False):
        side.flags += of_it
    return outputs[0].scored


def _begins(reader: Consumer, topic: str, count: int, since_ms: int | None) -> list[tuple[int, int]]:
    """By partition the first offset to read, and the end."""
    ranges = [push.ends_of(reader, topic, number) for number in range(count)]
    if since_ms is None:
        return ranges
    asked = [TopicPartition(topic, number, since_ms) for number in range(count)]
    found = {place.partition: place.offset for place in reader.offsets_for_times(asked, timeout=TIMEOUT_S)}
    return [(min(max(low, found[n]), high) if found[n] >= 0 else high, high) for n, (low, high) in enumerate(ranges)]


def _all_or_none(reader: Consumer, topic: str, number: int, begin: int, state_begin: int) -> int:
    """Where to begin, so that of the state with which a partition began anew all pieces are read, or none."""
    if begin <= state_begin:
        return state_begin
    message = next(push.messages(reader, topic, number, begin), None)
    control = decode(message.value() or b"").control if message is not None else None
    return state_begin if control is not None and control.kind == "state" else begin


def _batches(reader: Consumer, topic: str, number: int, begin: int) -> Iterator[list[tuple[int, bytes, int]]]:
    """Messages as a partition takes them: offset, value, the broker's timestamp in ms."""
    found = ((int(m.offset() or 0), m.value() or b"", m.timestamp()[1]) for m in push.messages(reader, topic, number, begin))
    while batch := list(islice(found, BATCH)):
        yield batch

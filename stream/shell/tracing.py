"""The way of sampled records as OpenTelemetry spans: record, sighting, score, flag. Off unless `[tracing]` names an endpoint.

Which records are sampled follows from the hash of their ids, and so does the trace: workers that hold the partitions of a
record's two parties, and a worker that reads a sighting again after a crash, add to the same trace without a word to each
other. The root span is made by whoever accounts for the record. No span holds a number, a text or a record id.
"""

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.config.errors import UnusableInput
from linewatch.config.worker import Tracing
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.decision.flag import Flag
from linewatch.stream.order import sighting as s
from linewatch.stream.records.columns import hash_column
from linewatch.stream.records.kinds import KINDS

ROLES: Final = ("caller", "called", "subject", "judged", "forwarder")
_NS: Final = 1_000_000
_HALF: Final = (1 << 64) - 1


class Seen(NamedTuple):
    """Sampled sightings of a batch; where rules and models looked at them their scores `[n, fraud types]`, else none."""

    sightings: NDArray[np.void]
    scores: NDArray[np.float64] | None


class Tracer:
    """Collects what composites of the log gave, and tells it once what came of it is acknowledged."""

    def __init__(self, settings: Tracing, processor: Any = None) -> None:
        """`processor` takes the spans in place of the endpoint; raises UnusableInput where the library is not there."""
        try:
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError:
            raise UnusableInput("[tracing] needs opentelemetry: pip install 'linewatch[tracing]', or leave endpoint out") from None
        self._ids = _ids()
        self._provider = TracerProvider(id_generator=self._ids, resource=Resource.create({"service.name": "linewatch"}))
        self._provider.add_span_processor(processor or BatchSpanProcessor(_exporter(settings.endpoint)))
        self._tracer = self._provider.get_tracer("linewatch")
        self._least = np.uint64(min(_HALF, int(settings.sample_ratio * 2**64)))
        self._seen: list[Seen] = []

    def see(self, sightings: NDArray[np.void], scores: NDArray[np.float64] | None) -> None:
        """Take note of those that are sampled: as they are applied, with no scores, and again as they are scored."""
        chosen = (_spread(sightings["record"]) < self._least) & (sightings["kind"] <= s.SMS)
        if chosen.any():
            self._seen.append(Seen(sightings[chosen], None if scores is None else scores[chosen]))

    def take(self) -> list[Seen]:
        """What was seen since the last call."""
        seen, self._seen = self._seen, []
        return seen

    def tell(self, seen: list[Seen], flags: Sequence[Flag], partition: int, began_ns: int, applied_ns: int) -> None:
        """Send the spans of what was seen: applied between the two times (ns since the epoch), its flags published now."""
        if not seen:
            return
        published_ns = time.time_ns()
        by_record = self._flags_by_record(flags)
        for sightings, scores in seen:
            for index, row in enumerate(sightings):
                record, role = int(row["record"]), int(row["role"])
                parent = self._parent(record)
                if scores is not None:
                    self._score(parent, scores[index], role, partition, began_ns, applied_ns)
                    continue
                arrived_ns = min(began_ns, int(row["arrived_ms"]) * _NS)
                if row["flags"] & s.FIRST_NAMED:
                    self._root(record, row, arrived_ns, published_ns)
                names = {"linewatch.role": ROLES[role], "linewatch.partition": partition}
                names["linewatch.late"] = bool(row["flags"] & s.LATE)
                self._span("sighting", parent, arrived_ns, applied_ns, names)
                for flag in by_record.pop(record, ()):
                    told = {"linewatch.fraud_type": flag.fraud_type, "linewatch.action": flag.action, "linewatch.score": flag.score}
                    told["linewatch.flag_id"] = flag.flag_id
                    self._span("flag", parent, applied_ns, published_ns, told)

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()

    def _flags_by_record(self, flags: Sequence[Flag]) -> dict[int, list[Flag]]:
        """By the hash of the record that brought a flag about, which is the last of its evidence."""
        found: dict[int, list[Flag]] = {}
        if flags:
            for record, flag in zip(hash_column([(flag.evidence or [""])[-1] for flag in flags]).tolist(), flags, strict=True):
                found.setdefault(record, []).append(flag)
        return found

    def _parent(self, record: int) -> Any:
        from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

        context = SpanContext(_trace_id(record), _span_id(record), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
        return set_span_in_context(NonRecordingSpan(context))

    def _root(self, record: int, row: Any, arrived_ns: int, published_ns: int) -> None:
        from opentelemetry.context import Context

        self._ids.next = _trace_id(record), _span_id(record)
        names = {"linewatch.kind": KINDS[int(row["kind"])], "linewatch.event_time_ms": int(row["event_ms"])}
        names["linewatch.offset"] = int(row["offset"])
        self._span("record", Context(), arrived_ns, published_ns, names)

    def _score(self, parent: Any, scores: NDArray[np.float64], role: int, partition: int, began_ns: int, applied_ns: int) -> None:
        best = int(scores.argmax())
        names = {"linewatch.fraud_type": FRAUD_TYPES[best], "linewatch.score": float(scores[best])}
        names |= {"linewatch.role": ROLES[role], "linewatch.partition": partition}
        self._span("score", parent, began_ns, applied_ns, names)

    def _span(self, name: str, context: Any, start_ns: int, end_ns: int, attributes: dict[str, Any]) -> None:
        self._tracer.start_span(name, context, attributes=attributes, start_time=start_ns).end(max(start_ns, end_ns))


def _ids() -> Any:
    """Random ids, but for the root of a trace, whose ids are set before."""
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        next: tuple[int, int] | None = None

        def generate_trace_id(self) -> int:
            return self.next[0] if self.next else super().generate_trace_id()

        def generate_span_id(self) -> int:
            if self.next is None:
                return super().generate_span_id()
            (_, span), self.next = self.next, None
            return span

    return Ids()


def _exporter(endpoint: str) -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise UnusableInput("[tracing] needs opentelemetry: pip install 'linewatch[tracing]', or leave endpoint out") from None
    return OTLPSpanExporter(endpoint=endpoint)


def _spread(records: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The hashes of records, multiplied by an odd number so that this sample is not that of the learner."""
    return records * np.uint64(0x9E3779B97F4A7C15)


def _trace_id(record: int) -> int:
    return record << 64 | record * 0xD1342543DE82EF95 & _HALF


def _span_id(record: int) -> int:
    return record  # odd, and so never 0

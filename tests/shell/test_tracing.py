"""Spans of sampled records: one trace a record whoever applies it, what became of it, and nothing that names anybody."""

import re
import sys
import time
from collections import Counter

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from linewatch.config.errors import UnusableInput
from linewatch.config.worker import Tracing
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell.tracing import Tracer
from linewatch.training.simulate.build import Simulation
from sightings_logs import logs_of, partition

ATTRIBUTES = ["kind", "event_time_ms", "offset", "role", "partition", "late", "fraud_type", "score", "action", "flag_id"]


def traced(simulation: Simulation, text_model: TextModel, ratio: float) -> tuple[list, int]:
    """The spans that three partitions' workers send, and how many flags there were."""
    model, exporter, flags = NumberModel.load(FEATURES), InMemorySpanExporter(), 0
    for number, log in enumerate(logs_of(simulation, text_model)):
        tracer = Tracer(Tracing("", ratio), SimpleSpanProcessor(exporter))  # one each: they share nothing
        state = partition(number, model, "canonical")
        state.seen = tracer.see
        for begin in range(0, len(log), 200):
            began_ns = time.time_ns()
            output = state.apply(log[begin : begin + 200])
            flags += len(output.flags)
            tracer.tell(tracer.take(), output.flags, number, began_ns, time.time_ns())
    return list(exporter.get_finished_spans()), flags


def test_a_sample_of_records_is_told_whole(simulation: Simulation, text_model: TextModel) -> None:
    spans, _ = traced(simulation, text_model, 0.05)
    by_trace: dict[int, list] = {}
    for span in spans:
        by_trace.setdefault(span.context.trace_id, []).append(span)
    assert 0.03 < len(by_trace) / len(simulation.records) < 0.07
    roots = {trace: [span for span in members if span.name == "record"] for trace, members in by_trace.items()}
    counts = Counter(map(len, roots.values()))
    assert set(counts) <= {1, 2}, "whoever accounts for a record makes the root"
    assert counts[2] <= 0.01 * len(roots), "of a record that came twice there are two"
    for trace, members in by_trace.items():
        root = roots[trace][0]
        assert root.parent is None
        assert {span.parent.span_id for span in members if span.name != "record"} == {root.context.span_id}
        assert len([span for span in members if span.name == "sighting"]) <= 3 * len(roots[trace])
        assert all(span.start_time <= span.end_time for span in members)
    told = {span.name for span in spans}
    assert told >= {"record", "sighting", "score"}
    keys = {key for span in spans for key in span.attributes}
    assert keys <= {f"linewatch.{name}" for name in ATTRIBUTES}
    texts = {
        str(span.attributes[key]) for span in spans for key in keys & span.attributes.keys() if key != "linewatch.event_time_ms"
    }
    assert not [text for text in texts if re.fullmatch(r"\+?\d{7,}", text)]


def test_with_all_records_every_flag_that_a_record_brought_is_told(simulation: Simulation, text_model: TextModel) -> None:
    spans, flags = traced(simulation, text_model, 1.0)
    told = [span.attributes["linewatch.flag_id"] for span in spans if span.name == "flag"]
    assert len(told) == len(set(told))
    assert 0.8 * flags < len(told) <= flags, "those of the clock alone have no record of their own"


def test_none_are_sampled_at_no_ratio_and_a_missing_library_is_named(
    simulation: Simulation, text_model: TextModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert traced(simulation, text_model, 0.0)[0] == []
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(UnusableInput, match=r"linewatch\[tracing\]"):
        Tracer(Tracing("http://localhost:4318/v1/traces"))

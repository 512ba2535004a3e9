"""The baseline: plain aggregates that leave second legs out, and a forest that runs on them."""

from collections import Counter
from pathlib import Path

import msgspec

from linewatch.training.evaluate.baseline import NAMES, aggregates, baseline
from linewatch.training.evaluate.measure import read_lines
from stream_helpers import call


def test_aggregates_of_a_few_records(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    records = [call(index, duration_s=10, leg="mo") for index in range(4)]
    records += [call(9, record_id="c9b", leg="mt", duration_s=10)]
    records += [{"kind": "sms", "record_id": "s1", "sender": "+66921000001", "recipient": "+447700900001", "submit_ms": 5}]
    path.write_bytes(b"\n".join([*map(msgspec.json.encode, records), b"{broken"]))
    numbers, table = aggregates(path)
    row = dict(zip(NAMES, table[numbers.index("+66921000001")].tolist(), strict=True))
    assert (row["calls"], row["answered"], row["seconds"], row["messages"]) == (4, 4, 40.0, 1)
    assert row["distinct"] == 5
    assert row["foreign"] == 1


def test_the_forest_gives_figures_for_every_type(simulated: Path) -> None:
    labels = read_lines(simulated / "labels.jsonl")
    figures = baseline(simulated / "records.jsonl.gz", labels)
    types = {line["number"]: line["fraud_type"] for line in labels}
    assert set(figures) == {name for name, count in Counter(types.values()).items() if count >= 3}
    for fraud_type, reached in figures.items():
        assert 0.5 < reached.auc <= 1.0
        assert 0.0 < reached.average_precision <= 1.0
        assert set(reached.forms) == {line["variant"] for line in labels if line["fraud_type"] == fraud_type}
        assert max(reached.forms.values()) > 0.0

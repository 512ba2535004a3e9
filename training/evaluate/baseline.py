"""What plain per-number aggregates and a random forest reach: where that is near 1, the simulation is too easy."""

from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.records.files import open_records
from linewatch.training.simulate.world import PLAIN

FEWEST: Final = 3
"""Numbers of a fraud type, one a fold."""
NAMES = ("calls", "answered", "seconds", "distinct", "calls_in", "messages", "messages_in", "foreign", "hours")


class _Plain(msgspec.Struct, gc=False):
    calling: str | None = None
    called: str | None = None
    sender: str | None = None
    recipient: str | None = None
    start_ms: int | None = None
    submit_ms: int | None = None
    duration_s: float = 0.0
    leg: str | None = None


def aggregates(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """By acting number the sums of `NAMES`, `[n, len(NAMES)]`; second legs are left out."""
    decoder = msgspec.json.Decoder(_Plain)
    sums: dict[str, list[Any]] = {}

    def of(number: str) -> list[Any]:
        return sums.setdefault(number, [0, 0, 0.0, set(), 0, 0, 0, 0, set()])

    with open_records(path) as file:
        for raw in file:
            try:
                record = decoder.decode(raw)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
            actor, other = record.calling or record.sender, record.called or record.recipient
            if not actor or not other:
                continue
            row, hour = of(actor), (record.start_ms or record.submit_ms or 0) // HOUR_MS
            if record.sender:
                row[5] += 1
                of(other)[6] += 1
            elif record.leg == "mt" and row[0]:
                continue
            else:
                row[0] += 1
                row[1] += record.duration_s > 0
                row[2] += record.duration_s
                of(other)[4] += 1
            row[3].add(other)
            row[7] += actor[:3] != other[:3]
            row[8].add(hour)
    table = [[len(v) if isinstance(v, set) else v for v in row] for row in sums.values()]
    return list(sums), np.array(table, np.float64)


class Reached(NamedTuple):
    """The forest's cross-validated figures for one fraud type; `forms` has the average precision of each form against the rest."""

    auc: float
    average_precision: float
    forms: dict[str, float]


def baseline(records: Path, labels: list[dict[str, Any]]) -> dict[str, Reached]:
    """By fraud type, where three numbers of it acted or were reached."""
    numbers, table = aggregates(records)
    types = {line["number"]: (line["fraud_type"], line.get("variant", PLAIN)) for line in labels}
    found = [types.get(number, ("", "")) for number in numbers]
    kinds, forms = np.array([kind for kind, _ in found]), np.array([form for _, form in found])
    figures = {}
    for fraud_type in sorted(set(kinds.tolist()) - {""}):
        truth = kinds == fraud_type
        if truth.sum() < FEWEST:
            continue
        forest = RandomForestClassifier(100, class_weight="balanced", random_state=1, n_jobs=1)
        folds = StratifiedKFold(3, shuffle=True, random_state=1)
        chances = cross_val_predict(forest, table, truth, cv=folds, method="predict_proba")[:, 1]
        some = {form: ~truth | (forms == form) for form in sorted(set(forms[truth].tolist()))}
        by_form = {form: float(average_precision_score(truth[rows], chances[rows])) for form, rows in some.items()}
        whole = float(average_precision_score(truth, chances))
        figures[fraud_type] = Reached(float(roc_auc_score(truth, chances)), whole, by_form)
    return figures

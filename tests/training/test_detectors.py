"""What each detector costs is asked of what judges rows, for every fraud type, by models that have something to say."""

import numpy as np

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.profiles.features import FEATURES
from linewatch.training.bench.detectors import BATCH, ORDINARY, VERDICTS, ns_a_row, parts, taught


def test_every_part_judges_rows() -> None:
    rows = np.random.default_rng(4).random((max(ORDINARY, VERDICTS * len(FRAUD_TYPES)), len(FEATURES))).astype(np.float32)
    online = taught(rows)
    assert online.strangeness(rows[:100]).any()
    assert online.fraud_logit(rows[:100]).any(axis=0).all(), "of every type"
    judges = {name: part for name, _, part in parts(online)}
    assert list(judges)[: len(FRAUD_TYPES)] == list(FRAUD_TYPES)
    alone = np.column_stack([judges[name](rows[:50])[:, 0] for name in FRAUD_TYPES])
    assert (alone == judges["all rules together"](rows[:50])).all()


def test_the_time_is_that_of_a_row() -> None:
    seen: list[int] = []
    assert ns_a_row(lambda rows: seen.append(len(rows)), np.zeros((BATCH + 1, 2), np.float32), 2) >= 0
    assert seen == [BATCH, 1] * 3, "one round to warm up, and two"

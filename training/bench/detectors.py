"""What each detector costs: its rule by itself over rows that the gate let pass, and the models beside all of them.

    python -m linewatch.training.bench.detectors [--records N] [--rounds N]

Rows are those of a replay of the first records of `make bench`; each part judges the same rows in the same batches. A part's price
for a record is that of a row times how many rows there are to a record. What a detector's features cost is in the fold of all.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from linewatch.config.operator import load_operator
from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.online.snapshot import OnlineModels
from linewatch.models.online.squash import scales, squash
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.models.rules.compiled import logits_of, signs_of
from linewatch.models.rules.every import RULES
from linewatch.models.rules.rule import Rule
from linewatch.stream.learner.learner import Learner
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay
from linewatch.training.bench.records import read_lines, records_folder
from linewatch.training.bench.timing import us_each

BATCH: Final = 256
ORDINARY: Final = 3000
VERDICTS: Final = 60
"""Of each type; its model says nothing before 40."""
Rows = NDArray[np.float32]
Part = Callable[[Rows], Any]


class Gated(NamedTuple):
    """Rows that the gate let pass, of how many records, what a record cost in all, and online models that learned of them."""

    rows: Rows
    records: int
    record_us: float
    online: OnlineModels


def gated(records: int) -> Gated:
    """The rows of a replay."""
    folder = records_folder(lambda step: None)
    found: list[Rows] = []
    replay = Replay(
        shipped_policy(),
        load_operator(folder / "operator.toml"),
        TextModel.load(),
        NumberModel.load(FEATURES),
        lambda output, dead: found.extend(rows for _, rows, _ in output.feature_rows),
        keep_features=True,
    )
    lines = islice(read_lines(folder), records)
    began = time.process_time()
    summary = replay.run(Line("", number, raw) for number, raw in enumerate(lines, 1))
    record_us = 1e6 * (time.process_time() - began) / summary.records
    return Gated(rows := np.concatenate(found), summary.records, record_us, taught(rows))


def taught(rows: Rows) -> OnlineModels:
    """Online models that have something to say of every type: before that they cost nothing."""
    learner = Learner(FEATURES, shipped_policy())
    known = squash(rows[:ORDINARY].astype(np.float64), scales(FEATURES))
    learner.anomaly.learn(known)
    for number, row in enumerate(known[: VERDICTS * len(FRAUD_TYPES)]):
        learner.verdicts.learn(row, number % len(FRAUD_TYPES), bool(number % 2), 1.0)
    return OnlineModels.from_snapshot(learner.payload(), FEATURES)


def ns_a_row(part: Part, rows: Rows, rounds: int) -> float:
    """CPU time of judging each row, the median of some rounds; the first round, which compiles, is not one."""
    batches = [rows[begin : begin + BATCH] for begin in range(0, len(rows), BATCH)]
    return 1000 * us_each(lambda: [part(batch) for batch in batches], len(rows), rounds)


def parts(online: OnlineModels) -> Iterator[tuple[str, int | None, Part]]:
    """Name, how many signs, and what judges rows."""
    for rule in RULES:
        yield rule.fraud_type, len(rule.signs), _judge((rule,))
    yield "all rules together", sum(len(rule.signs) for rule in RULES), _judge(RULES)
    yield "number model", None, NumberModel.load(FEATURES).logits
    yield "verdicts (river)", None, online.fraud_logit
    yield "half-space trees (river)", None, online.strangeness


def _judge(rules: tuple[Rule, ...]) -> Part:
    signs = signs_of(rules, FEATURES)
    return lambda rows: logits_of(rows, signs)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    console = Console(width=110, highlight=False)
    with console.status("replaying") as status:
        found = gated(given.records)
        a_record = len(found.rows) / found.records
        table = Table("judged by", "signs", "ns a row", "ns a record", "of a record's CPU time")
        for name, signs, part in parts(found.online):
            status.update(name)
            row_ns = ns_a_row(part, found.rows, given.rounds)
            share = f"{row_ns * a_record / found.record_us / 1000:.2%}"
            table.add_row(name, str(signs or ""), f"{row_ns:,.0f}", f"{row_ns * a_record:.1f}", share)
    console.print(f"{found.records:,} records, {found.record_us:.1f} us of CPU each, start included; {a_record:.3f} rows a record")
    console.print(table)


if __name__ == "__main__":
    main()

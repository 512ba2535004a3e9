"""One pass over records under one or two policies, online models frozen; two passes where the policies fold differently."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.config.policy import Policy
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.backtest.twice import Twice, Watched, peaks_of
from linewatch.stream.decision.flag import Flag
from linewatch.stream.decision.score import NumberScorer
from linewatch.stream.order.frame import control_frame
from linewatch.stream.profiles.partition import Output
from linewatch.stream.records.files import Block
from linewatch.stream.replay import FILES, OneProcess, Replay, Summary, flag_order

FOLDED_BY: Final[dict[str, Callable[[Policy], Any]]] = {
    "half_lives_s": lambda policy: policy.half_lives_s,
    "gate": lambda policy: policy.gate,
    "hot_destinations": lambda policy: policy.hot_destinations,
    "expire_days": lambda policy: policy.expire_days,
    "caps.rows": lambda policy: policy.caps.rows,
    "caps.held": lambda policy: policy.caps.held,
}
"""The keys on which rows and what is scored depend; by all others a policy only decides."""


class Outcome(msgspec.Struct):
    """What one policy made of the records; `peaks` by entity the highest score of each fraud type."""

    policy: Policy
    flags: list[Flag]
    histogram: NDArray[np.int64]
    peaks: dict[int, NDArray[np.float32]]


class Backtest(msgspec.Struct):
    """One or two outcomes, and what was read; `days` are hours with records in them, by 24."""

    outcomes: list[Outcome]
    summary: Summary
    days: float
    folded_apart: list[str]
    seconds: float


class _Pass(Replay):
    """A replay whose one partition decides twice."""

    def __init__(
        self, first: Policy, second: Policy | None, operator: Operator, text: TextModel | None, number: NumberScorer | None
    ) -> None:
        self.flags: list[Flag] = []
        super().__init__(first, operator, text, number, lambda output, dead: self.flags.extend(output.flags), feedback=False)
        controls = self.partition.controls
        self.twice = self.partition = Twice(len(FILES), number, second)
        self.profiles = OneProcess(self.twice, self._at_hour)
        self._to_all([control_frame(kind, version, payload) for kind, (version, payload) in controls.items()])

    @property
    def days(self) -> float:
        """Hours of event time that have records, by 24."""
        return len(self._begun_hours) / 24

    def _give(self, outputs: list[Output]) -> None:
        super()._give(outputs)
        self.twice.other.arrived_ms.clear()


def folded_apart(first: Policy, second: Policy) -> list[str]:
    """The keys that differ and keep two policies from sharing one pass."""
    return [key for key, value in FOLDED_BY.items() if value(first) != value(second)]


def backtest(
    policies: list[Policy],
    operator: Operator,
    text_model: TextModel | None,
    number_model: NumberScorer | None,
    source: Callable[[], Iterable[Block]],
    progress: Callable[[int], None] = lambda count: None,
) -> Backtest:
    """Run one or two policies over the records that `source` gives each time it is called."""
    began = time.perf_counter()
    first, second = policies[0], policies[1] if len(policies) > 1 else None
    apart = folded_apart(first, second) if second is not None else []
    run = _Pass(first, None if apart else second, operator, text_model, number_model)
    summary = run.run_blocks(source(), progress)
    scorers = run.twice.scorers
    outcomes = [_outcome(first, run.flags, scorers[0])]
    if second is not None and not apart:
        outcomes.append(_outcome(second, sorted(run.twice.other.flags, key=flag_order), scorers[1]))
    elif second is not None:
        again = _Pass(second, None, operator, text_model, number_model)
        again.run_blocks(source(), progress)
        outcomes.append(_outcome(second, again.flags, again.twice.scorers[0]))
    return Backtest(outcomes, summary, run.days, apart, time.perf_counter() - began)


def _outcome(policy: Policy, flags: list[Flag], scorer: Watched) -> Outcome:
    return Outcome(policy, flags, scorer.histogram, peaks_of(scorer))

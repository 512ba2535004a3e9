"""One pass over records under one or two policies, online models frozen; two passes where the policies fold differently."""

import time
from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.folding import folded_apart
from linewatch.config.operator import Operator
from linewatch.config.policy import Policy
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.backtest.peaks import peaks_of
from linewatch.stream.backtest.twice import Twice, Watched
from linewatch.stream.decision.flag import Flag
from linewatch.stream.decision.score import NumberScorer
from linewatch.stream.order.frame import control_frame
from linewatch.stream.profiles.output import Output
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.records.files import Block
from linewatch.stream.replay import FILES, OneProcess, Replay


class Outcome(msgspec.Struct):
    """What one policy made of the records; `peaks` by entity the highest score of each fraud type."""

    policy: Policy
    flags: list[Flag]
    histogram: NDArray[np.int64]
    peaks: dict[int, NDArray[np.float32]]


class Backtest(msgspec.Struct):
    """One or two outcomes, and what was read; `days` are hours with records in them, by 24; `country` the operator's.

    `frozen` is whether the online models stood still; over a log each snapshot counts from where the log has it.
    """

    outcomes: list[Outcome]
    records: int
    scored: int
    days: float
    folded_apart: list[str]
    country: str | None
    frozen: bool
    seconds: float


class _Pass(Replay):
    """A replay whose one partition decides twice."""

    def __init__(
        self, first: Policy, second: Policy | None, operator: Operator, text: TextModel | None, number: NumberScorer | None
    ) -> None:
        self.flags: list[Flag] = []
        self.shadow: list[Flag] = []
        super().__init__(first, operator, text, number, self._keep, feedback=False)
        controls = self.partition.controls
        self.twice = self.partition = Twice(0, len(FILES), number, first, second)
        self.profiles = OneProcess(self.twice, self._at_hour)
        self._to_all([control_frame(kind, version, payload) for kind, (version, payload) in controls.items()])

    def _keep(self, output: Output, dead: list[DeadLetter]) -> None:
        self.flags += output.flags
        self.shadow += output.shadow


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
    outcomes = [outcome_of(first, run.flags, [run.twice.scorers[0]])]
    if second is not None and not apart:
        outcomes.append(outcome_of(second, run.shadow, [run.twice.scorers[1]]))
    elif second is not None:
        again = _Pass(second, None, operator, text_model, number_model)
        again.run_blocks(source(), progress)
        outcomes.append(outcome_of(second, again.flags, [again.twice.scorers[0]]))
    return Backtest(
        outcomes,
        summary.records,
        summary.scored,
        len(run.twice.hours) / 24,
        apart,
        operator.country,
        True,
        time.perf_counter() - began,
    )


def outcome_of(policy: Policy, flags: list[Flag], scorers: Sequence[Watched]) -> Outcome:
    """The outcome of one policy, with the scores that it gave in each partition."""
    histogram = np.sum([scorer.histogram for scorer in scorers], axis=0)
    return Outcome(policy, flags, histogram, peaks_of(scorer.peaks for scorer in scorers))

"""How far recommended thresholds lie from what was asked: asked on a simulated operator's first day, counted on its second.

Both days are read with nothing known before them, as `linewatch policy recommend` and `backtest` read files.
"""

import argparse
from statistics import median
from typing import Final, NamedTuple

import msgspec
from rich.console import Console
from rich.progress import track
from rich.table import Table

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Policy, policy_from_toml, shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.backtest.compare import Share, Side, Truth, report_of
from linewatch.stream.backtest.recommend import Advice, for_budget, for_precision, groups_of, rewritten
from linewatch.stream.backtest.run import Backtest, backtest
from linewatch.stream.backtest.truth import labelled
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import Line, blocks_of_lines
from linewatch.stream.replay import BATCH
from linewatch.training.simulate.build import Simulation, simulate
from linewatch.training.simulate.parameters import REPORTED

SUBSCRIBERS, DAYS = 2500, 2.0
SEEDS: Final = range(83001, 83009)
"""Operators that nothing was chosen by."""
LEVEL: Final = "review"


class Second(NamedTuple):
    """What the second day had, under the shipped policy and under either one that was recommended on the first."""

    shipped: Side
    by_budget: Side
    by_precision: Side


class _Times(msgspec.Struct):
    start_ms: int = 0
    submit_ms: int = 0
    at_ms: int = 0


def days_of(simulation: Simulation) -> tuple[list[bytes], list[bytes]]:
    """The records up to the first one of the second half of the simulated time, and the rest."""
    middle_ms = (simulation.world.start_ms + simulation.world.end_ms) // 2
    times = msgspec.json.Decoder(_Times)
    for at, raw in enumerate(simulation.records):
        found = times.decode(raw)
        if max(found.start_ms, found.submit_ms, found.at_ms) >= middle_ms:
            return simulation.records[:at], simulation.records[at:]
    return simulation.records, []


class Recommended:
    """Asks for a budget and for a precision."""

    def __init__(self, budget: float, precision: float) -> None:
        self.budget, self.precision = budget, precision
        self._policy = shipped_policy()
        self._texts, self._numbers = TextModel.load(), NumberModel.load(FEATURES)

    def second_day(self, simulation: Simulation) -> Second:
        """Recommend on the first day, count on the second."""
        first, second = days_of(simulation)
        known = self._run([self._policy], first, simulation)
        outcome = known.outcomes[0]
        judged = labelled(simulation.labels, outcome.peaks, known.country)
        by_budget = self._changed(for_budget(groups_of(outcome, {}), LEVEL, self.budget, known.days))
        by_precision = self._changed(for_precision(groups_of(outcome, judged), LEVEL, self.precision))
        truth = Truth(simulation.labels, simulation.related)
        shipped, budgeted = report_of(self._run([self._policy, by_budget], second, simulation), truth).sides
        (precise,) = report_of(self._run([by_precision], second, simulation), truth).sides
        return Second(shipped, budgeted, precise)

    def _run(self, policies: list[Policy], records: list[bytes], simulation: Simulation) -> Backtest:
        lines = [Line("", number, raw) for number, raw in enumerate(records, 1)]
        operator = operator_from_toml(simulation.operator_toml())
        return backtest(policies, operator, self._texts, self._numbers, lambda: blocks_of_lines(lines, BATCH))

    def _changed(self, advice: list[Advice]) -> Policy:
        return policy_from_toml(rewritten(self._policy, advice))


def precision_of(side: Side) -> Share:
    """Of all types together."""
    return next(one.precision for one in side.accuracy if one.fraud_type == "all" and one.least == LEVEL)


def main() -> None:
    """Ask, count, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m linewatch.training.evaluate.recommended", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="of the operators to simulate")
    parser.add_argument("--budget", type=float, default=50.0, help="numbers a day that may come to review")
    parser.add_argument("--precision", type=float, default=0.9, help="share of them that is to be fraud")
    settings = parser.parse_args()
    recommended = Recommended(settings.budget, settings.precision)
    found = [
        (seed, recommended.second_day(simulate(REPORTED, SUBSCRIBERS, DAYS, seed)))
        for seed in track(settings.seeds, "asking on the first day, counting on the second")
    ]
    table = Table("seed", "shipped: a day", "precision", f"asked {settings.budget:g} a day: came", "off by")
    for heading in ("precision", f"asked {settings.precision:g}: precision", "off by", "a day"):
        table.add_column(heading)
    for seed, second in found:
        came, right = second.by_budget.alerts_a_day[LEVEL], precision_of(second.by_precision)
        table.add_row(
            str(seed),
            f"{second.shipped.alerts_a_day[LEVEL]:.0f}",
            precision_of(second.shipped).shown,
            f"{came:.0f}",
            f"{came / settings.budget - 1:+.0%}",
            precision_of(second.by_budget).shown,
            right.shown,
            "" if right.value is None else f"{right.value - settings.precision:+.3f}",
            f"{second.by_precision.alerts_a_day[LEVEL]:.0f}",
        )
    off = [second.by_budget.alerts_a_day[LEVEL] / settings.budget - 1 for _, second in found]
    values = [share.value for _, second in found if (share := precision_of(second.by_precision)).value is not None]
    console = Console(width=160)
    console.print(table)
    console.print(
        f"alerts a day off by {median(off):+.0%} in the median, {min(off):+.0%} to {max(off):+.0%}; "
        f"precision {median(values):.3f} in the median, {min(values):.3f} to {max(values):.3f}"
    )


if __name__ == "__main__":
    main()

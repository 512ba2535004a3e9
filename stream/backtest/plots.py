"""Plots of a backtest, each as SVG: no fonts or scripts are fetched to show them."""

from io import StringIO
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.backtest.compare import LEVELS, Report
from linewatch.stream.backtest.curve import Curve
from linewatch.stream.backtest.run import Outcome
from linewatch.stream.backtest.twice import EDGES

COLOURS: Final = {"watch": "#5b8db8", "review": "#e0a030", "block": "#c0392b"}
DASHES: Final = ("-", "--")
"""The first and the second policy."""
mpl.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "linewatch", "axes.spines.top": False, "axes.spines.right": False}


def svg_of(figure: Figure) -> str:
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]


def score_histograms(outcomes: list[Outcome]) -> str:
    """By fraud type how often which score came, with the thresholds of each policy."""
    figure = Figure(figsize=(11, 2.1 * len(FRAUD_TYPES)), layout="constrained")
    grid: Any = figure.subplots(len(FRAUD_TYPES), 1, sharex=True)
    for index, (axes, fraud_type) in enumerate(zip(grid, FRAUD_TYPES, strict=True)):
        for outcome, dashes in zip(outcomes, DASHES, strict=False):
            axes.stairs(outcome.histogram[index], EDGES, color="#444444", linestyle=dashes)
            thresholds = outcome.policy.thresholds_for("", fraud_type)
            for level in LEVELS:
                axes.axvline(getattr(thresholds, level), color=COLOURS[level], linestyle=dashes, linewidth=1.2)
        axes.set_yscale("symlog")
        axes.set_ylabel(fraud_type.replace("_", " "))
    grid[-1].set_xlabel("score; lines: watch, review, block")
    return svg_of(figure)


def alerts_by_day(report: Report) -> str:
    """How many numbers came to each action for the first time, by day."""
    figure = Figure(figsize=(11, 3), layout="constrained")
    axes: Any = figure.subplots()
    days = sorted({day for side in report.sides for day in side.by_day})
    width = 0.8 / (len(report.sides) * len(LEVELS))
    for place, (side, name) in enumerate(zip(report.sides, ("first policy", "second policy"), strict=False)):
        for index, level in enumerate(LEVELS):
            offset = (place * len(LEVELS) + index) * width
            heights = [side.by_day.get(day, {}).get(level, 0) for day in days]
            label = f"{level}, {name}"
            axes.bar(
                np.arange(len(days)) + offset, heights, width, color=COLOURS[level], hatch="//" if place else None, label=label
            )
    axes.set_xticks(np.arange(len(days)) + 0.4, days)
    axes.set_ylabel("numbers")
    axes.legend(fontsize=8, ncols=2)
    return svg_of(figure)


def precision_against_recall(curves: dict[str, Curve]) -> str:
    """By fraud type what each threshold would give: precision over recall, with the thresholds of the policies marked."""
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes: Any = figure.subplots()
    for fraud_type, curve in curves.items():
        (line,) = axes.plot(curve.recall, curve.precision, label=fraud_type.replace("_", " "))
        for level, place in curve.marks.items():
            axes.plot(*place, "o", color=line.get_color(), markersize=4 + 2 * LEVELS.index(level))
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.legend(fontsize=8)
    return svg_of(figure)

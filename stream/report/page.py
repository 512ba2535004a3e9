"""The report as one HTML file: what it shows is within it, numbers of subscribers are not."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from linewatch.stream.backtest.plots import svg_of
from linewatch.stream.page import rendered
from linewatch.stream.report.precision import BANDS, Precision
from linewatch.stream.report.report import Report

TEMPLATE: Final = Path(__file__).parent / "page.html"
MOST_FEATURES: Final = 20


def page_of(report: Report) -> str:
    """The page."""
    days = [one for one in report.precision if one.by == "day"]
    types = [one for one in report.precision if one.by == "detector"]
    return rendered(
        TEMPLATE,
        report=report,
        bands=", ".join(map(str, BANDS)),
        over_time=_intervals(days) if any(one.estimate is not None for one in days) else "",
        by_type=_intervals(types) if any(one.estimate is not None for one in types) else "",
        features=report.features[:MOST_FEATURES],
    )


def _intervals(found: list[Precision]) -> str:
    """Each group's estimate with its interval, and as counted beside it; episodes as bars below."""
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    axes: Any = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    places = np.arange(len(found))
    shown = [(place, one) for place, one in zip(places, found, strict=True) if one.estimate is not None]
    at = [place for place, _ in shown]
    middle = np.array([one.estimate for _, one in shown])
    ends = np.array([[one.estimate - one.low, one.high - one.estimate] for _, one in shown]).T  # type: ignore[operator]  # shown are those that have them
    axes[0].errorbar(at, middle, yerr=ends.clip(0), fmt="o", color="#1f4e79", capsize=3, label="corrected, 95 %")
    axes[0].plot(at, [one.reviewed_share for _, one in shown], "x", color="#c0392b", label="as reviewed")
    axes[0].set_ylim(0, 1.02)
    axes[0].set_ylabel("precision")
    axes[0].legend(fontsize=8)
    axes[1].bar(places, [one.episodes for one in found], color="#c9d6e3", label="episodes")
    axes[1].bar(places, [one.reviewed for one in found], color="#1f4e79", label="reviewed")
    axes[1].legend(fontsize=8)
    axes[1].set_xticks(places, [one.group for one in found])
    return svg_of(figure)

"""The report of a backtest as one HTML file."""

from pathlib import Path
from typing import Final

from linewatch.stream.backtest.compare import LEVELS, Report, Truth
from linewatch.stream.backtest.curve import curves_of
from linewatch.stream.backtest.plots import alerts_by_day, precision_against_recall, score_histograms
from linewatch.stream.backtest.run import Backtest
from linewatch.stream.page import rendered

MOST_CHANGES: Final = 500
TEMPLATE: Final = Path(__file__).parent / "page.html"


def page_of(result: Backtest, report: Report, truth: Truth) -> str:
    """The page; everything that it shows is within it."""
    curves = curves_of(result.outcomes[-1], truth.labels, truth.related, result.country) if truth.labels else {}
    return rendered(
        TEMPLATE,
        report=report,
        levels=LEVELS,
        types=list(report.sides[0].flagged),
        histograms=score_histograms(result.outcomes),
        days=alerts_by_day(report),
        curves=precision_against_recall(curves) if curves else "",
        changes=report.changes[:MOST_CHANGES],
        more=max(0, len(report.changes) - MOST_CHANGES),
    )

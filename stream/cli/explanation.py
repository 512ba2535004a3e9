"""What is known of a number, as tables."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from linewatch.models.rules.measures import in_words
from linewatch.stream.cli.known import Known, Suspicion
from linewatch.stream.decision.episode import ACTIONS

_SPEEDS = ("fast", "medium", "slow")


def print_known(out: Console, known: Known) -> None:
    """All of it."""
    out.print(
        f"{known.number}   partition {known.partition}   policy {known.policy.identity}   models {known.model_version}",
        soft_wrap=True,
    )
    if known.row is not None:
        row = known.row
        first, last = _at(1000 * int(row["first_s"])), _at(row["last_ms"])
        out.print(f"first seen {first}, last {last}; {row['seen']} calls made and messages sent")
    if known.held:
        out.print(f"{known.held} sightings of its partition wait for their order and do not count yet")
    for table in _tables(known):
        if table.row_count:
            out.print(table)
    if not known.suspicions:
        out.print("nothing speaks against it")


def _tables(known: Known) -> Iterable[Table]:
    if known.features:
        yield _rates(known)
        yield _rest(known)
        yield _blocks(known)
        yield _scores(known)
    if known.suspicions:
        yield _episodes(known)
        for one in known.suspicions:
            yield from (_reasons(one), _log_odds(one), *_moved(one))


def _titled(title: str, *columns: str) -> Table:
    return Table(*columns, title=title, title_justify="left")


def _rates(known: Known) -> Table:
    """The counters, as rates when the number was last seen."""
    spans = [f"{name} ({_span(s)})" for name, s in zip(_SPEEDS, known.policy.half_lives_s, strict=True)]
    table = _titled("an hour, by half-life, when last seen", "what", *spans)
    for name, rates in known.rates.items():
        if max(rates) >= 0.005:
            table.add_row(name, *(f"{rate:.2f}" for rate in rates))
    return table


def _rest(known: Known) -> Table:
    table = _titled("features", "feature", "value")
    for name, value in known.features.items():
        if abs(value) >= 0.0005:
            table.add_row(name, f"{value:.3f}")
    return table


def _blocks(known: Known) -> Table:
    counters = next(iter(known.blocks.values())) if known.blocks else {}
    table = _titled("its blocks, decayed counts (medium)", "block of", *counters)
    for size, counts in known.blocks.items():
        table.add_row(str(size), *(f"{count:.2f}" for count in counts.values()))
    return table


def _scores(known: Known) -> Table:
    table = _titled("scores when last seen", "fraud type", "score", "watch from", "review from", "block from")
    for fraud_type, score in known.scores.items():
        edges = known.policy.thresholds_for(known.number, fraud_type)
        table.add_row(fraud_type, f"{score:.3f}", f"{edges.watch:g}", f"{edges.review:g}", f"{edges.block:g}")
    return table


def _episodes(known: Known) -> Table:
    columns = ("fraud type", "stands as", "score", "opened", "step", "first record", "last record", "records")
    table = _titled("episodes", *columns)
    for one in known.suspicions:
        e = one.episode
        stands = ACTIONS[e.level] or (f"silent until {_at(e.silent_until_ms)}" if e.silent_until_ms else "suspicion, no flag")
        opened, first, last = map(_at, (e.episode_ms, e.first_ms, e.last_ms))
        table.add_row(one.fraud_type, stands, f"{e.score:.3f}", opened, str(max(e.step, 0)), first, last, str(e.record_count))
    return table


def _reasons(one: Suspicion) -> Table:
    title = f"{one.fraud_type}: evidence {', '.join(one.episode.evidence) or 'none'}"
    table = _titled(title, "reason", "value", "threshold", "text")
    for reason in one.reasons:
        table.add_row(reason["code"], f"{reason['value']:.3f}", f"{reason['threshold']:g}", reason["text"])
    if not one.reasons:
        table.add_row("none: never flagged", "", "", "")
    return table


def _log_odds(one: Suspicion) -> Table:
    """What was added up, by the models in force; the score is the logistic of the sum."""
    table = _titled(f"{one.fraud_type}: what it is made of", "source", "log-odds")
    for source, said in one.log_odds.items():
        table.add_row(source, f"{said:+.2f}")
    if one.log_odds:
        table.add_row("together", f"{sum(one.log_odds.values()):+.2f}")
    return table


def _moved(one: Suspicion) -> Iterable[Table]:
    """What each model went by: the number model's chance and the log-odds of verdicts are sums over features."""
    for model, features in one.moved.items():
        by = "chance moved by" if model == "number model" else "log-odds moved by"
        table = _titled(f"{one.fraud_type}: what moved the {model} most", "feature", "value", by, "in words")
        for moved in features:
            table.add_row(moved.feature, f"{moved.value:.3f}", f"{moved.by:+.3f}", in_words(moved.feature, moved.value))
        yield table


def _at(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(int(time_ms) / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _span(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))

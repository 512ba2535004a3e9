"""What happened to each number as the 37 columns of the subscriber model; `docs/subscribers.md` says what stands for what."""

import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.config.errors import UnusableInput
from linewatch.config.operator import Operator
from linewatch.models.pretrained.subscriber import COLUMNS
from linewatch.stream.event_time import DAY_MS, HOUR_MS
from linewatch.stream.history.events import OUTGOING, RECEIVED, Calls, Events, Ids, Messages
from linewatch.stream.history.groups import Groups
from linewatch.stream.intake.local_time import offset_hours
from linewatch.stream.intake.numbers import REGION_SHIFT, NumberPlans, timezone_of_region
from linewatch.stream.intake.trunks import begins_with
from linewatch.stream.records.columns import HASHED, hash_column

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Histories(NamedTuple):
    """One row a number, in the order of the numbers; times are of the first and the last event of each."""

    numbers: Ids
    rows: Floats  # [n, COLUMNS]
    calls: Ints
    messages: Ints
    first_ms: Ints
    last_ms: Ints


class Places(NamedTuple):
    """Cells by hash, in order, and the code of the city and the county of each; empty without a file."""

    cells: Ids
    cities: Ints
    counties: Ints

    def of(self, cells: Ids) -> tuple[Ints, Ints]:
        """City and county of each cell, -1 where it is not known."""
        if not len(self.cells):
            unknown = np.full(len(cells), -1)
            return unknown, unknown
        at = np.minimum(np.searchsorted(self.cells, cells), len(self.cells) - 1)
        known = self.cells[at] == cells
        return np.where(known, self.cities[at], -1), np.where(known, self.counties[at], -1)


def read_places(path: Path | None) -> Places:
    """A CSV file with the columns `cell`, `city`, `county`, cells written as in the records; raises UnusableInput."""
    if path is None:
        return Places(np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int64))
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = [(line["cell"], line["city"], line["county"]) for line in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise UnusableInput(f"{path} cannot be read ({error}); it needs the columns cell, city and county") from None
    hashes, first = np.unique(hash_column([cell for cell, _, _ in lines]), return_index=True)
    cities, counties = _codes([city for _, city, _ in lines]), _codes([(city, county) for _, city, county in lines])
    return Places(hashes, cities[first], counties[first])


def _codes(names: list[Any]) -> Ints:
    known: dict[Any, int] = {}
    return np.array([known.setdefault(name, len(known)) for name in names], np.int64)


def histories(events: Events, operator: Operator, places: Places) -> Histories:
    """Of every E.164 number that is in the records; where the operator file has `own_prefixes`, of its own numbers alone."""
    calls, messages = events.calls(), events.messages()
    numbers = np.unique(np.concatenate([calls.who, messages.who]))
    numbers = numbers[numbers < np.uint64(HASHED)]
    if prefixes := operator.own_ranges:
        numbers = numbers[begins_with(numbers, prefixes)]
    zones = _zones(numbers, operator, events.plans)
    calls, of_call = _owned(calls, numbers)
    messages, of_message = _owned(messages, numbers)
    count = len(numbers)
    rows = np.column_stack([_of_calls(calls, of_call, count, zones, places), _of_messages(messages, of_message, count, zones)])
    first_ms, last_ms = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    for of, times in ((of_call, calls.start_ms), (of_message, messages.at_ms)):
        np.minimum.at(first_ms, of, times)
        np.maximum.at(last_ms, of, times)
    taken_part, texted = (np.bincount(of, minlength=count) for of in (of_call, of_message))
    return Histories(numbers, rows, taken_part, texted, first_ms, last_ms)


def _owned(events: Any, numbers: Ids) -> tuple[Any, Ints]:
    """The events of the numbers, and the place of each event's number."""
    if not len(numbers):
        return type(events)(*(column[:0] for column in events)), np.zeros(0, np.int64)
    at = np.minimum(np.searchsorted(numbers, events.who), len(numbers) - 1)
    mine = numbers[at] == events.who
    return type(events)(*(column[mine] for column in events)), at[mine]


def _of_calls(calls: Calls, of: Ints, count: int, zones: tuple[Ints, list[str]], places: Places) -> Floats:
    """The columns up to `voc_day_nunique`, `[count, 26]`."""
    every = Groups(of, count)
    out = calls.kind == OUTGOING
    outgoing = Groups(of[out], count)
    seconds = np.ceil(calls.seconds)  # records of the published set have whole seconds
    contacts = every.pairs(calls.other)
    by_contact = Groups(contacts.of, count)
    times, sums = contacts.sizes.astype(np.float64), contacts.sums(seconds)
    cities, counties = places.of(calls.cell)
    hours, days = _hours_and_days(calls.start_ms, of, zones)
    lowest, median, highest = every.lowest_median_highest(seconds)
    _, times_median, times_highest = by_contact.lowest_median_highest(times)
    _, sums_median, sums_highest = by_contact.lowest_median_highest(sums)
    made = {
        "opposite_count": every.counts(),
        "opposite_unique": by_contact.counts(),
        "voccalltype1": outgoing.counts(),
        "imeis": outgoing.distinct(calls.handset[out], calls.handset[out] > 0),
        "voc_calltype1": outgoing.counts() / every.counts(),
        "city_name_call": outgoing.distinct(cities[out], cities[out] >= 0),
        "county_name_call": outgoing.distinct(counties[out], counties[out] >= 0),
        "phone2opposite_mean": by_contact.mean(times),
        "phone2opposite_median": times_median,
        "phone2opposite_max": times_highest,
        "phone2oppo_sum_mean": by_contact.mean(sums),
        "phone2oppo_sum_median": sums_median,
        "phone2oppo_sum_max": sums_highest,
        "call_dur_mean": every.mean(seconds),
        "call_dur_median": median,
        "call_dur_max": highest,
        "call_dur_min": lowest,
        "city_name_nunique": every.distinct(cities, cities >= 0),
        "county_name_nunique": every.distinct(counties, counties >= 0),
        "calltype_id_unique": every.distinct(calls.kind),
        **_times("voc_", every, hours, days),
    }
    return _in_order(made)


def _of_messages(messages: Messages, of: Ints, count: int, zones: tuple[Ints, list[str]]) -> Floats:
    """The columns from `sms_count` on, `[count, 11]`."""
    every = Groups(of, count)
    received = Groups(of[messages.kind == RECEIVED], count).counts()
    hours, days = _hours_and_days(messages.at_ms, of, zones)
    distinct = every.distinct(messages.other)
    made = {
        "sms_count": every.counts(),
        "sms_nunique": distinct,
        "sms_rate": every.counts() / distinct,
        "calltype_2": received,
        "calltype_rate": received / every.counts(),
        **_times("", every, hours, days),
    }
    return _in_order(made)


def _times(prefix: str, every: Groups, hours: Ints, days: Ints) -> dict[str, Floats]:
    made: dict[str, Floats] = {}
    for name, values in (("hour", hours), ("day", days)):
        mode, times = every.mode(values)
        made |= {f"{prefix}{name}_mode": mode, f"{prefix}{name}_mode_count": times}
        made[f"{prefix}{name}_nunique"] = every.distinct(values)
    return made


def _in_order(made: dict[str, Floats]) -> Floats:
    return np.column_stack([made[name] for name in COLUMNS if name in made])


def _zones(numbers: Ids, operator: Operator, plans: NumberPlans) -> tuple[Ints, list[str]]:
    """The time zone of each number, as a place in a list of names: the operator's, or that of the number's own region."""
    if operator.timezone:
        return np.zeros(len(numbers), np.int64), [operator.timezone]
    regions, inverse = np.unique(plans.facts(numbers) >> REGION_SHIFT, return_inverse=True)
    return inverse, [timezone_of_region(plans.regions[region]) for region in regions.tolist()]


def _hours_and_days(at_ms: Ints, of: Ints, zones: tuple[Ints, list[str]]) -> tuple[Ints, Ints]:
    """Local hour, 0 to 23, and day of the month, 1 to 31."""
    which, names = zones
    keys, inverse = np.unique(at_ms // HOUR_MS * len(names) + which[of], return_inverse=True)
    offsets = [offset_hours(names[key % len(names)], key // len(names)) for key in keys.tolist()]
    local_ms = at_ms + (np.array(offsets, np.float64)[inverse] * HOUR_MS).astype(np.int64)
    dates = (local_ms // DAY_MS).astype("datetime64[D]")
    days = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    return local_ms // HOUR_MS % 24, days

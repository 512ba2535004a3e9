"""The subscriber model: whether a month or more of calls and messages is that of a fraud's number.

It was trained on real subscribers of one province, of whom only `COLUMNS` are known, over up to eight months. Counts grow with
the length of a history, so the model reads none: it sees `FEATURES`, shares and shapes that a month shows as eight do, or
nearly. Where an operator hands over no handsets or places, it says so with NaN, which the model has met in training.
"""

from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.models.pretrained.forest import forest_chances, forest_of, forest_parts
from linewatch.models.pretrained.manifest import SHIPPED, Manifest, load_artifact

COLUMNS: Final = (
    *("opposite_count", "opposite_unique", "voccalltype1", "imeis", "voc_calltype1", "city_name_call", "county_name_call"),
    *("phone2opposite_mean", "phone2opposite_median", "phone2opposite_max"),
    *("phone2oppo_sum_mean", "phone2oppo_sum_median", "phone2oppo_sum_max"),
    *("call_dur_mean", "call_dur_median", "call_dur_max", "call_dur_min", "city_name_nunique", "county_name_nunique"),
    *("calltype_id_unique", "voc_hour_mode", "voc_hour_mode_count", "voc_hour_nunique"),
    *("voc_day_mode", "voc_day_mode_count", "voc_day_nunique"),
    *("sms_count", "sms_nunique", "sms_rate", "calltype_2", "calltype_rate"),
    *("hour_mode", "hour_mode_count", "hour_nunique", "day_mode", "day_mode_count", "day_nunique"),
)
"""What call and message records tell of a subscriber, by the names of the published set; NaN where it is not told."""
UNTOLD: Final = ("imeis", "city_name_call", "county_name_call", "city_name_nunique", "county_name_nunique")
"""Columns of which an operator's records may say nothing at all."""
FEATURES: Final = (
    *("outgoing_share", "handsets", "cities_outgoing", "counties_outgoing", "cities", "counties", "call_types"),
    *("contacts_a_call", "calls_of_top_contact", "seconds_of_top_contact", "calls_of_median_contact", "seconds_of_median_contact"),
    *("call_dur_mean", "call_dur_median", "voc_hour_mode", "voc_hour_mode_share", "voc_hour_nunique"),
    *("voc_day_mode_share", "voc_day_nunique", "messages_share", "contacts_a_message", "received_share"),
    *("hour_mode", "hour_mode_share", "hour_nunique", "day_mode_share", "day_nunique"),
)
"""What the model sees: `COLUMNS` as they are where they grow little with time, else as shares of the subscriber's own calls or
messages. Dates (`*_day_mode`) are left out: they are those of the year that was recorded."""
MISSING: Final = -1.0
"""Stands for NaN in what the trees see; no feature is negative."""
Floats = NDArray[np.float64]


class Moved(NamedTuple):
    """A feature, its value, and by how much it moved the probability."""

    feature: str
    value: float
    moved: float


def features_of(rows: Floats) -> NDArray[np.float32]:
    """`[n, COLUMNS]` to `[n, FEATURES]`, `MISSING` where something is not told."""
    of = dict(zip(COLUMNS, rows.T, strict=True))
    calls, messages = of["opposite_count"], of["sms_count"]
    seconds = of["call_dur_mean"] * calls
    sent_and_called = np.nan_to_num(calls) + np.nan_to_num(messages)
    with np.errstate(invalid="ignore", divide="ignore"):
        made = (
            *(np.where(np.isnan(calls), np.nan, np.nan_to_num(of["voc_calltype1"])), of["imeis"]),
            *(of["city_name_call"], of["county_name_call"], of["city_name_nunique"], of["county_name_nunique"]),
            *(of["calltype_id_unique"], of["opposite_unique"] / calls, of["phone2opposite_max"] / calls),
            *(of["phone2oppo_sum_max"] / seconds, of["phone2opposite_median"], of["phone2oppo_sum_median"]),
            *(of["call_dur_mean"], of["call_dur_median"], of["voc_hour_mode"], of["voc_hour_mode_count"] / calls),
            *(of["voc_hour_nunique"], of["voc_day_mode_count"] / calls, of["voc_day_nunique"]),
            *(np.nan_to_num(messages) / sent_and_called, of["sms_nunique"] / messages),
            np.where(np.isnan(messages), np.nan, np.nan_to_num(of["calltype_2"]) / messages),
            *(of["hour_mode"], of["hour_mode_count"] / messages, of["hour_nunique"]),
            *(of["day_mode_count"] / messages, of["day_nunique"]),
        )
    features = np.column_stack(made)
    return np.where(np.isfinite(features), features, MISSING).astype(np.float32)


class SubscriberModel:
    """Loaded once; two forests, of which the mean is taken."""

    def __init__(self, estimators: dict[str, Any], manifest: Manifest) -> None:
        self.version = manifest.version
        self.threshold = float(manifest.extra["threshold"])
        self._ordinary = np.array(manifest.extra["ordinary"])
        self._forests = [forest_of(estimators[name]) for name in sorted(estimators)]

    @classmethod
    def load(cls, directory: Path = SHIPPED) -> "SubscriberModel":
        """The shipped model, or that of a folder; raises ArtifactRefused."""
        return cls(*load_artifact(directory, "subscriber", FEATURES))

    def chances(self, rows: Floats) -> Floats:
        """Probability of fraud `[n]` of rows `[n, COLUMNS]`, where one subscriber in three is a fraud's, as in training."""
        features = features_of(rows)
        return np.mean([forest_chances(features, forest)[:, 1] for forest in self._forests], axis=0)

    def ordinary_as_high(self, chances: Floats) -> Floats:
        """Which share of training's ordinary subscribers, scored by models that had not seen them, reaches each probability."""
        return 1.0 - np.searchsorted(self._ordinary, chances, "left") / len(self._ordinary)

    def moved(self, rows: Floats, most: int) -> list[list[Moved]]:
        """By row the features that moved its probability most, up or down, the strongest first.

        Along its path through a tree a row's probability changes from the share of all rows to that of its leaf; each change is
        put down to the feature that the node asks for (Palczewska et al., 2013, arXiv:1312.1121). All of them and the share of
        all rows add to the probability exactly.
        """
        features = features_of(rows)
        parts = self.parts(features)
        order = np.argsort(-np.abs(parts), axis=1)[:, :most]
        return [
            [Moved(FEATURES[at], float(features[row, at]), float(parts[row, at])) for at in places if parts[row, at] != 0.0]
            for row, places in enumerate(order.tolist())
        ]

    def parts(self, features: NDArray[np.float32]) -> Floats:
        """What each feature adds to the probability of each row, `[n, FEATURES]`."""
        return np.mean([forest_parts(features, forest, 1) for forest in self._forests], axis=0)

"""The subscriber model: whether a month or more of calls and messages is that of a fraud's number.

It was trained on real subscribers of one province, of whom only `COLUMNS` are known, over up to eight months. Counts grow with
the length of a history, and what is usual is another thing in another country. So the model sees no values but ranks: where a
subscriber stands among ordinary ones. In training those are the set's ordinary subscribers, with an operator all of its own
numbers, nearly all of whom are ordinary. Where an operator hands over no handsets or places, it says so with NaN, which the
model has met in training.
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
    *(name for name in COLUMNS if name not in {"voc_day_mode", "day_mode"}),
    *("top_contact_calls_share", "top_contact_seconds_share", "voc_hour_mode_share", "voc_day_mode_share"),
    *("hour_mode_share", "day_mode_share", "messages_share"),
)
"""What is ranked: `COLUMNS` and shares that follow from them. Dates (`*day_mode`) are left out: they are those of one year."""
MISSING: Final = -1.0
"""Stands for NaN in what the trees see; ranks are 0 to 1."""
Floats = NDArray[np.float64]


class Moved(NamedTuple):
    """A feature, its value, its rank among the others, and by how much it moved the probability."""

    feature: str
    value: float
    rank: float
    moved: float


def features_of(rows: Floats) -> Floats:
    """`[n, COLUMNS]` to `[n, FEATURES]`, NaN where something is not told."""
    of = dict(zip(COLUMNS, rows.T, strict=True))
    calls, messages = of["opposite_count"], of["sms_count"]
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = {
            "top_contact_calls_share": of["phone2opposite_max"] / calls,
            "top_contact_seconds_share": of["phone2oppo_sum_max"] / (of["call_dur_mean"] * calls),
            "voc_hour_mode_share": of["voc_hour_mode_count"] / calls,
            "voc_day_mode_share": of["voc_day_mode_count"] / calls,
            "hour_mode_share": of["hour_mode_count"] / messages,
            "day_mode_share": of["day_mode_count"] / messages,
            "messages_share": np.nan_to_num(messages) / (np.nan_to_num(calls) + np.nan_to_num(messages)),
        }
    made = np.column_stack([(of | shares)[name] for name in FEATURES])
    return np.where(np.isfinite(made), made, np.nan)


def ranked(rows: Floats, others: Floats) -> NDArray[np.float32]:
    """What the trees see of rows `[n, COLUMNS]`: `[n, FEATURES]`, the share of `others` `[m, COLUMNS]` that is below each value.

    Those with the same value count half. `MISSING` where the value is not told, or is of none of the others.
    """
    features, reference = features_of(rows), features_of(others)
    made = np.full(features.shape, MISSING)
    for at in range(len(FEATURES)):
        told = np.sort(reference[~np.isnan(reference[:, at]), at])
        known = ~np.isnan(features[:, at])
        if len(told):
            places = [np.searchsorted(told, features[known, at], side) for side in ("left", "right")]
            made[known, at] = (places[0] + places[1]) / (2 * len(told))
    return made.astype(np.float32)


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

    def chances(self, ranks: NDArray[np.float32]) -> Floats:
        """Probability of fraud `[n]` of what `ranked` gives, where one subscriber in three is a fraud's, as in training."""
        return np.mean([forest_chances(ranks, forest)[:, 1] for forest in self._forests], axis=0)

    def ordinary_as_high(self, chances: Floats) -> Floats:
        """Which share of training's ordinary subscribers, scored by models that had not seen them, reaches each probability."""
        return 1.0 - np.searchsorted(self._ordinary, chances, "left") / len(self._ordinary)

    def moved(self, rows: Floats, ranks: NDArray[np.float32], most: int) -> list[list[Moved]]:
        """By row the features that moved its probability most, up or down, the strongest first.

        Along its path through a tree a row's probability changes from the share of all rows to that of its leaf; each change is
        put down to the feature that the node asks for (Palczewska et al., 2013, arXiv:1312.1121). All of them and the share of
        all rows add to the probability exactly.
        """
        values = features_of(rows)
        parts = np.mean([forest_parts(ranks, forest, 1) for forest in self._forests], axis=0)
        order = np.argsort(-np.abs(parts), axis=1)[:, :most]
        return [
            [
                Moved(FEATURES[at], *(float(column[row, at]) for column in (values, ranks, parts)))
                for at in places
                if parts[row, at] != 0.0
            ]
            for row, places in enumerate(order.tolist())
        ]

"""What the columns of a subscriber say together: shares, ratios, months, what is missing; chosen by what they mean."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def derived(rows: Floats, names: Sequence[str]) -> Floats:
    """`[n, names]` to the same and what follows from them, `[n, more]`; NaN where a value is missing or nothing is divided by.

    `names` are `COLUMNS`, alone or with `BEYOND` behind.
    """
    of = dict(zip(names, rows.T, strict=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        more = [*_of_calls(of), *_of_messages(of), *_of_both(of)]
        if "arpu_sum" in of:
            more += _of_revenue(of)
    made = np.column_stack([rows, *more])
    return np.where(np.isfinite(made), made, np.nan)


def _of_calls(of: dict[str, Floats]) -> list[Floats]:
    calls, outgoing, contacts = of["opposite_count"], of["voccalltype1"], of["opposite_unique"]
    seconds = of["call_dur_mean"] * calls
    return [
        calls - np.nan_to_num(outgoing),
        seconds,
        contacts / calls,
        of["phone2opposite_max"] / calls,
        of["phone2opposite_median"] / of["phone2opposite_mean"],
        of["phone2oppo_sum_max"] / seconds,
        of["phone2oppo_sum_median"] / of["phone2oppo_sum_mean"],
        of["call_dur_median"] / of["call_dur_mean"],
        of["call_dur_max"] / of["call_dur_mean"],
        of["voc_hour_mode_count"] / calls,
        of["voc_day_mode_count"] / calls,
        calls / of["voc_day_nunique"],
        outgoing / of["voc_day_nunique"],
        of["imeis"] / outgoing,
        of["county_name_call"] / of["county_name_nunique"],
        of["county_name_nunique"] / contacts,
        *_circle(of["voc_hour_mode"]),
    ]


def _of_messages(of: dict[str, Floats]) -> list[Floats]:
    messages, received = of["sms_count"], np.nan_to_num(of["calltype_2"])
    return [
        messages - received,
        of["sms_nunique"] / messages,
        of["hour_mode_count"] / messages,
        of["day_mode_count"] / messages,
        messages / of["day_nunique"],
        *_circle(of["hour_mode"]),
    ]


def _of_both(of: dict[str, Floats]) -> list[Floats]:
    calls, messages = np.nan_to_num(of["opposite_count"]), np.nan_to_num(of["sms_count"])
    received = np.nan_to_num(of["calltype_2"])
    return [
        messages / (calls + messages),
        np.nan_to_num(of["voccalltype1"]) / (np.nan_to_num(of["voccalltype1"]) + received),
        of["opposite_unique"] / of["sms_nunique"],
        of["voc_day_nunique"] / of["day_nunique"],
        np.isnan(of["opposite_count"]).astype(np.float64),
        np.isnan(of["voccalltype1"]).astype(np.float64),
    ]


def _of_revenue(of: dict[str, Floats]) -> list[Floats]:
    months = of["arpu_sum"] / of["arpu_mean"]
    spread = of["arpu_max"] - of["arpu_min"]
    sessions = of["flow_sum"] / of["flow_mean"]
    return [
        np.round(months),
        spread,
        spread / of["arpu_mean"],
        of["arpu_median"] / of["arpu_mean"],
        of["arpu_min"] / of["arpu_max"],
        of["arpu_sum"] / of["month_ids"],
        sessions,
        of["flow_max"] / of["flow_sum"],
        of["flow_median"] / of["flow_mean"],
        of["busi_count"] / sessions,
        of["flow_sum"] / of["arpu_sum"],
        of["flow_sum"] / months,
        of["opposite_count"] / months,
        of["opposite_unique"] / months,
        of["voccalltype1"] / months,
        of["sms_count"] / months,
        of["call_dur_mean"] * of["opposite_count"] / of["arpu_sum"],
        of["month_ids"] / months,
        np.isnan(of["arpu_mean"]).astype(np.float64),
        np.isnan(of["arpu_var"]).astype(np.float64),
        np.isnan(of["flow_var"]).astype(np.float64),
    ]


def _circle(hours: Floats) -> tuple[Floats, Floats]:
    turn = 2 * np.pi * hours / 24
    return np.sin(turn), np.cos(turn)

"""Features in words: what a value says of a number, as an analyst can read it out on the phone."""

from collections.abc import Callable
from typing import Final

_SPANS: Final = {"fast": "minutes", "medium": "hours", "slow": "days"}
_COUNTED: Final = {
    "attempts": "calls made",
    "answered": "calls that were answered",
    "seconds": "seconds of talk",
    "short_answered": "answered calls of under ten seconds",
    "short_rings": "single rings",
    "distinct": "different numbers",
    "new_contacts": "numbers that it never met before",
    "international": "calls abroad",
    "hot_calls": "calls to premium or revenue-share ranges",
    "hot_seconds": "seconds of talk with premium or revenue-share ranges",
    "night": "calls and messages at night",
    "unallocated": "calls to numbers that are nobody's",
    "sequential": "calls to the next number",
    "calls_in": "calls received",
    "answered_in": "calls taken",
    "international_in": "calls received from abroad",
    "callbacks": "calls from those whom it had called",
    "messages": "messages sent",
    "fraud_texts": "messages that mean to deceive",
    "spam_texts": "messages that sell",
    "otp_texts": "one-time passwords sent",
    "messages_in": "messages received",
    "handsets": "handsets that are new to it",
    "cells": "places that are new to it",
    "long_answered": "talks of ten minutes and more",
    "brief_rings": "calls given up within two seconds",
    "roaming_abroad": "calls to other countries from a network abroad",
    "spoofed": "calls that its line did not make",
    "overlaps": "calls begun before the last one had ended",
    "clones": "calls in a second handset",
    "forwarded_abroad": "calls forwarded abroad",
    "forwarded_seconds": "seconds forwarded abroad",
    "otp_in": "one-time passwords received",
    "few_rings": "calls given up before the third ring",
}
"""What is counted, and then given as a rate an hour."""
_SHARES: Final = {
    "answered_share": "of its calls are answered",
    "short_answered_share": "of the answered ones end within ten seconds",
    "short_ring_share": "of its calls are single rings",
    "distinct_share": "of its calls and messages go to different numbers",
    "new_share": "of its calls and messages go to numbers that it never met before",
    "international_share": "of its calls go abroad",
    "hot_share": "of its calls go to premium or revenue-share ranges",
    "night_share": "of its calls and messages are at night",
    "unallocated_share": "of its calls go to numbers that are nobody's",
    "sequential_share": "of its calls go to the next number",
    "in_share": "of its calls are received ones",
    "callback_ratio": "as many calls come back as it makes",
    "fraud_text_mean": "of its messages, by the text model",
    "spam_text_mean": "of its messages, by the text model",
    "otp_text_mean": "of its messages, by the text model",
    "message_share": "of what it does are messages",
    "callback_share": "of the calls that it gets are from those whom it had called",
    "long_share": "of the answered ones last ten minutes and more",
    "brief_ring_share": "of its calls are given up within two seconds",
    "overlap_share": "of the answered ones begin before the last one has ended",
    "roaming_abroad_share": "of its calls",
    "spoofed_share": "of its calls",
    "few_ring_share": "of its unanswered calls are given up before the third ring",
    "known_since_share": "of its contacts since then were known before",
    "codes_share": "of what its range does",
    "code_in_share": "of the messages that it gets are one-time passwords",
}
_IN_BLOCKS: Final = {
    "attempts": "calls and messages",
    "short_rings": "single rings",
    "members": "numbers that act",
    "long_answered": "long talks",
    "codes_in": "one-time passwords received",
}
_SINCE: Final = "h_since_"
LONG_AGO_H: Final = 24.0 * 30
"""Hours since what never was, or was longer ago than is remembered."""


def plausible(feature: str, value: float) -> float:
    """The value as it can be: counts are rounded at random, so that a share of two of them may come out as a little over 1."""
    return min(value, 1.0) if feature in _SHARES and feature != "callback_ratio" else value


def in_words(feature: str, value: float) -> str:
    """What a value of a feature says; empty where the feature says yes or no, and its sign all that there is to say."""
    name, _, speed = feature.rpartition("_")
    if speed in _SPANS and name in _COUNTED:
        return _rate(value, f"{_COUNTED[name]} an hour", f"over the last {_SPANS[speed]}", _COUNTED[name])
    if feature.endswith("_per_h"):
        counted = _COUNTED[feature.removesuffix("_per_h")]
        return _rate(value, f"{counted} an hour", "over the last hours", counted)
    if feature in _SHARES:
        return f"{value:.0%} {_SHARES[feature]}"
    if feature.startswith("mean_"):
        return f"{value:.0f} seconds in the mean"
    if feature.startswith("block_"):
        return _of_block(feature, value)
    if feature.startswith(_SINCE):
        return "never, as far back as is remembered" if value >= LONG_AGO_H else f"{_span(value)} ago"
    return _OTHERS[feature](value) if feature in _OTHERS else ""


def _rate(value: float, counted: str, when: str, nothing: str) -> str:
    return f"hardly any {nothing} {when}" if value < 0.05 else f"{_figure(value)} {counted} {when}"


def _of_block(feature: str, value: float) -> str:
    _, size, counter = feature.split("_", 2)
    if counter.endswith("_excess"):
        what = "long talks" if counter.startswith("long") else "single rings"
        return f"{_figure(value)} {what} of its block of {size} more than is usual"
    return f"{_figure(value)} {_IN_BLOCKS[counter]} in its block of {size} of late"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}"


def _span(hours: float) -> str:
    value, unit = (60 * hours, "minute") if hours < 1 else (hours, "hour") if hours < 72 else (hours / 24, "day")
    return f"{value:.0f} {unit}{'' if round(value) == 1 else 's'}"


_OTHERS: Final[dict[str, Callable[[float], str]]] = {
    "otps_since": lambda value: f"{value:.0f} since then",
    "forward_callers": lambda value: f"{value:.0f} callers",
    "led_together": lambda value: f"{_figure(value)} numbers",
    "codes_beyond": lambda value: f"{_figure(value)} codes more than calls and messages",
    "age_h": lambda value: f"known for {_span(value)}",
    "seen": lambda value: f"{value:,.0f} calls and messages so far",
    "burst": lambda value: f"{_figure(value)} times its pace of days",
    "place_odds": lambda value: f"{2**value:.0f} times as often as elsewhere",
}
YES_OR_NO: Final = frozenset(
    (
        *("sim_told", "new_place", "same_place", "forwards_abroad", "forwards_hot", "at_home", "signed", "own", "valid", "mobile"),
        *("foreign", "is_number", "roaming", "shared_handset", "rings_as_codes"),
    )
)
"""Features that say no more than their signs do."""

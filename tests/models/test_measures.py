"""Every feature can be read out: a figure and what it is of, or nothing where it says yes or no."""

import re

import pytest

from linewatch.models.rules.every import RULES
from linewatch.models.rules.measures import LONG_AGO_H, YES_OR_NO, in_words
from linewatch.stream.profiles import features
from linewatch.stream.profiles.features import FEATURES


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_has_a_figure_or_says_yes_or_no(name: str) -> None:
    said = in_words(name, 3.0)
    assert bool(re.search(r"\d", said)) is (name not in YES_OR_NO), said
    assert in_words(name, 0.0) == "" or name not in YES_OR_NO


def test_they_are_read_out_as_people_speak() -> None:
    assert in_words("attempts_fast", 312.4) == "312 calls made an hour over the last minutes"
    assert in_words("calls_in_slow", 0.01) == "hardly any calls received over the last days"
    assert in_words("answered_share", 0.04) == "4% of its calls are answered"
    assert in_words("mean_duration_s", 9.6) == "10 seconds in the mean"
    assert in_words("h_since_sim_change", 0.5) == "30 minutes ago"
    assert in_words("h_since_activation", 1.0) == "1 hour ago"
    assert in_words("h_since_activation", 30.0) == "30 hours ago"
    assert in_words("h_since_probe", 100.0) == "4 days ago"
    assert in_words("h_since_probe", LONG_AGO_H) == "never, as far back as is remembered"
    assert in_words("block_1000_ring_excess", 41.6) == "42 single rings of its block of 1000 more than is usual"
    assert in_words("place_odds", 5.0) == "32 times as often as elsewhere"


def test_what_is_long_ago_is_so_for_features_too() -> None:
    assert LONG_AGO_H == features.LONG_AGO_H


def test_a_reason_says_what_its_sign_means_and_how_much_of_it_there_is() -> None:
    (rule,) = (rule for rule in RULES if rule.fraud_type == "robocall")
    row = {sign.feature: 3.0 for sign in rule.signs} | {"attempts_medium": 61.0, "answered_share": 0.04}
    said = {reason["code"]: reason["text"] for reason in rule.reasons([1.0] * len(rule.signs), row)}
    assert said["attempts_per_h"] == "dials one number after the other: 61 calls made an hour over the last hours"
    assert said["answered_share"] == "most of its calls are not answered: 4% of its calls are answered"

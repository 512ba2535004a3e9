"""SIM box: a gateway that ends foreign calls through SIMs: calls out all day, to strangers, from one place, none in."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="sim_box",
    base=-12.5,
    support="attempts_slow",
    signs=(
        Sign("attempts_per_h", "attempts_medium", 3.0, "calls out more than a person does", 2.0, needed=True),
        Sign("attempts_per_h_many", "attempts_medium", 8.0, "far more", 1.5),
        Sign("seconds_per_h", "seconds_medium", 300.0, "for many minutes an hour", 2.0, needed=True),
        Sign("new_share", "new_share", 0.8, "whom it never called before", 1.5, needed=True, width=0.2),
        Sign("attempts_per_h_slow", "attempts_slow", 1.5, "and has done so for long", 1.0),
        Sign("distinct_share", "distinct_share", 0.68, "hardly ever the same number twice", 1.5, needed=True),
        Sign("mean_duration_s", "mean_duration_s", 45.0, "people talk, as in ordinary calls", 1.5, needed=True),
        Sign("in_share", "in_share", 0.16, "is seldom called", 2.0, below=True, needed=True, width=0.5),
        Sign("no_callbacks", "callback_share", 0.5, "and not by those whom it called", 3.0, below=True),
        Sign("cells_per_h", "cells_slow", 0.08, "stays in one place", 1.2, below=True),
        Sign("is_mobile", "mobile", 0.5, "a mobile subscription", 1.0, needed=True),
        Sign("message_share", "message_share", 0.05, "sends no messages", 0.8, below=True),
        Sign("night_share", "night_share", 0.08, "calls at night too", 1.2),
        Sign("handsets_per_h", "handsets_slow", 0.03, "its SIM moves between handsets", 0.5),
        Sign("bad_place", "place_odds", 2.5, "others in its handset or cell, or behind its trunk, turned out to be frauds", 1.4),
        Sign("shared_handset", "shared_handset", 0.5, "in a handset that many numbers were served in of late", 2.0),
        Sign("domestic", "international_share", 0.2, "calls within the country", 0.5, below=True),
        Sign("not_hot", "hot_share", 0.2, "not to premium ranges", 0.5, below=True, needed=True),
    ),
)

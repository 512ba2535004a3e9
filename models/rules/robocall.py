"""Robocall: a machine that dials through numbers, to strangers, for seconds, and is rarely called."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="robocall",
    base=-9.0,
    support="attempts_slow",
    signs=(
        Sign("attempts_per_h", "attempts_medium", 2.0, "dials one number after the other", 2.0, needed=True),
        Sign("attempts_per_h_many", "attempts_medium", 14.0, "faster than a person does", 1.5),
        Sign("attempts_per_h_fast", "attempts_fast", 15.0, "a burst of calls", 1.5),
        Sign("attempts_per_h_burst", "attempts_fast", 60.0, "a call a minute", 2.0),
        Sign("distinct_share", "distinct_share", 0.7, "hardly ever the same number twice", 1.5, needed=True),
        Sign("mean_duration_s", "mean_duration_s", 35.0, "those who answer hang up soon", 2.0, below=True, needed=True),
        Sign("short_answered_share", "short_answered_share", 0.35, "many answered calls last under ten seconds", 1.5),
        Sign("answered_share", "answered_share", 0.55, "most of its calls are not answered", 2.0, below=True, width=0.2),
        Sign("new_share", "new_share", 0.6, "whom it never called before", 1.5, needed=True),
        Sign("unallocated_share", "unallocated_share", 0.04, "dials numbers that are nobody's", 1.0),
        Sign("sequential_share", "sequential_share", 0.1, "dials numbers one after the other", 1.0),
        Sign("in_share", "in_share", 0.05, "is hardly ever called", 1.0, below=True, needed=True),
        Sign("not_one_ring", "short_ring_share", 0.5, "lets it ring", 1.0, below=True, needed=True),
        Sign("bad_place", "place_odds", 2.5, "others in its handset or cell, or behind its trunk, turned out to be frauds", 1.0),
    ),
)

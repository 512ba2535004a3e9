"""Roaming fraud: an own SIM abroad calls third countries without pause, before its usage is billed (GSMA BA.20, NRTRDE)."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="roaming_fraud",
    base=-5.0,
    support="international_slow",
    signs=(
        Sign("roaming_abroad_per_h", "roaming_abroad_per_h", 1.6, "calls other countries from a network abroad", 2.5, needed=True),
        Sign("roaming", "roaming", 0.5, "it is abroad", 1.0, needed=True),
        Sign("roaming_abroad_share", "roaming_abroad_share", 0.4, "they are a large part of its calls", 0.7),
        Sign("seconds_per_h", "seconds_medium", 600.0, "and talks for long", 2.0, needed=True),
        Sign("distinct_share", "distinct_share", 0.45, "hardly ever the same number twice", 1.0),
        Sign("in_share", "in_share", 0.1, "is hardly ever called", 0.7, below=True),
        Sign("hot_share", "hot_share", 0.15, "premium or revenue-share ranges among them", 3.5),
        Sign("roaming_abroad_per_h_many", "roaming_abroad_per_h", 4.0, "many an hour", 1.5),
    ),
)

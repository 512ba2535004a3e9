"""Subscription fraud: a line just activated is used to the full at once, by one who will not pay (CFCA survey; GSMA FF.21)."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="subscription_fraud",
    base=-5.2,
    support="attempts_slow",
    signs=(
        Sign("h_since_activation", "h_since_activation", 96.0, "activated days ago", 1.5, below=True, needed=True),
        Sign("international_per_h", "international_medium", 1.5, "calls abroad, again and again", 2.0, needed=True),
        Sign("seconds_per_h", "seconds_medium", 700.0, "and talks for long", 2.0, needed=True),
        Sign("distinct_share", "distinct_share", 0.6, "hardly ever the same number twice", 1.5, needed=True),
        Sign("in_share", "in_share", 0.08, "is hardly ever called", 1.0, below=True),
        Sign("international_per_h_many", "international_medium", 4.0, "many an hour", 1.5),
        Sign("hot_share", "hot_share", 0.3, "premium or revenue-share ranges among them", 3.0),
        Sign("overlap_share", "overlap_share", 0.15, "several calls at once", 0.7),
    ),
)

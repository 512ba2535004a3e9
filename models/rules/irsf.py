"""International revenue share fraud: long calls to ranges that pay the one who gets them called (GSMA FF.21)."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="irsf",
    base=-6.2,
    support="hot_calls_slow",
    signs=(
        Sign("hot_calls_per_h", "hot_calls_medium", 0.8, "calls premium or revenue-share ranges", 2.5, needed=True),
        Sign("hot_seconds_per_h", "hot_seconds_medium", 150.0, "and pays for long talks with them", 2.0, needed=True),
        Sign("hot_share", "hot_share", 0.5, "they are a large part of its calls", 1.5),
        Sign("hot_calls_burst", "hot_calls_fast", 4.0, "several within minutes", 2.0),
        Sign("mean_hot_duration_s", "mean_hot_duration_s", 180.0, "each talk is long", 1.0),
        Sign("is_mobile", "mobile", 0.5, "a mobile subscription", 1.6),
        Sign("night_share", "night_share", 0.3, "at night, when nobody looks", 0.7),
    ),
)

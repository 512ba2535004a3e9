"""International revenue share fraud: long calls to ranges that pay the one who gets them called (GSMA FF.21)."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="irsf",
    base=-11.3,
    support="hot_calls_slow",
    signs=(
        Sign("hot_calls_per_h", "hot_calls_medium", 0.1, "calls premium or revenue-share ranges", 0.6, needed=True),
        Sign("hot_seconds_per_h", "hot_seconds_medium", 7.0, "and pays for talks with them", 1.7, needed=True),
        Sign("hot_share", "hot_share", 0.5, "they are a large part of its calls", 3.3),
        Sign("hot_calls_burst", "hot_calls_fast", 5.0, "several within minutes", 4.3),
        Sign("many_hot_calls_per_h", "hot_calls_medium", 1.1, "hour after hour", 2.5),
        Sign("mean_hot_duration_s", "mean_hot_duration_s", 45.0, "talks, not rings", 1.4),
        Sign("is_mobile", "mobile", 0.5, "a mobile subscription", 0.6),
        Sign("international_in_burst", "international_in_fast", 0.5, "not in answer to calls from abroad", 2.0, below=True),
        Sign("handsets_burst", "handsets_fast", 1.0, "in a handset that it was not seen in before", 1.2),
        Sign("night_share", "night_share", 0.3, "at night, when nobody looks", 0.7),
    ),
)

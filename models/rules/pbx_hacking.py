"""Hacked exchange: an enterprise's line calls abroad when its people sleep, several calls at once (CFCA; GSMA FF.21)."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="pbx_hacking",
    base=-5.4,
    support="international_slow",
    signs=(
        Sign("international_per_h", "international_medium", 2.0, "calls abroad, again and again", 2.0, needed=True),
        Sign("fixed_line", "mobile", 0.5, "from a fixed line", 1.0, below=True, needed=True),
        Sign("of_this_country", "foreign", 0.5, "of this country", 0.5, below=True, needed=True),
        Sign("mean_duration_s", "mean_duration_s", 120.0, "and pays for long talks", 1.0, needed=True),
        Sign("overlap_share", "overlap_share", 0.3, "several calls at once", 2.0),
        Sign("night_share", "night_share", 0.25, "at night, when nobody looks", 1.2),
        Sign("hot_calls_per_h", "hot_calls_medium", 0.8, "to premium or revenue-share ranges", 2.5),
        Sign("international_share", "international_share", 0.5, "abroad is most of what it calls", 1.0),
        Sign("hot_share", "hot_share", 0.4, "they are a large part of its calls", 1.0),
        Sign("few_numbers", "distinct_share", 0.6, "the same few numbers", 1.5, below=True),
        Sign("probed", "h_since_probe", 72.0, "a call of seconds to such a range went before", 0.7, below=True),
        Sign("not_signed", "signed", 0.5, "nobody answers for the caller", 0.5, below=True),
    ),
)

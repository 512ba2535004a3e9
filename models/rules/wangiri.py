"""Wangiri: one ring and gone, to very many, in the hope of calls back to a number that earns (GSMA FF.21)."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="wangiri",
    base=-7.2,
    support="short_rings_slow",
    signs=(
        Sign("few_rings_per_h", "few_rings_per_h", 1.5, "gives up before the third ring, again and again", 3.0, needed=True),
        Sign("few_ring_share", "few_ring_share", 0.9, "so it does nearly always where nobody answers", 2.5, needed=True, width=0.2),
        Sign("distinct_share", "distinct_share", 0.6, "hardly ever the same number twice", 1.5, needed=True),
        Sign("answered_share", "answered_share", 0.22, "hardly anybody gets to answer", 0.8, below=True, needed=True),
        Sign("short_rings_per_h_fast", "short_rings_fast", 25.0, "a burst of single rings", 1.5),
        Sign("callbacks_per_h", "callbacks_medium", 1.0, "people who were rung call back", 1.5),
        Sign("rings_returned", "rings_as_codes", 2.5, "does not ring as a service does that gives codes by rings", 4.0, below=True),
        Sign("presented_from_abroad", "international_share", 0.5, "rings across a border", 0.7),
        Sign("number_not_allocated", "valid", 0.5, "no numbering plan allows the number", 0.7, below=True),
        Sign("bad_place", "place_odds", 2.5, "others in its handset or cell, or behind its trunk, turned out to be frauds", 1.0),
    ),
)

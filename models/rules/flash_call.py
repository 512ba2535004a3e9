"""Flash calls of an unregistered service: rings of a second, each to another user; the caller's last digits are a code."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="flash_call",
    base=-4.8,
    support="short_rings_slow",
    signs=(
        Sign("brief_rings_per_h", "brief_rings_per_h", 0.5, "gives up within two seconds", 1.5, needed=True),
        Sign(
            "rings_as_codes",
            "rings_as_codes",
            1.0,
            "nearly always, or scores of rings that nobody returned",
            2.5,
            needed=True,
        ),
        Sign("distinct_share", "distinct_share", 0.7, "hardly ever the same number twice", 1.5, needed=True),
        Sign("answered_share", "answered_share", 0.06, "nobody gets to answer", 1.0, below=True, needed=True),
        Sign("callback_ratio", "callback_ratio", 0.02, "hardly anybody calls back", 1.5, below=True),
        Sign("brief_rings_per_h_many", "brief_rings_per_h", 4.0, "again and again", 1.5),
        Sign("block_rings", "block_1000_ring_excess", 6.0, "as do other numbers of its block", 2.0),
        Sign("in_share", "in_share", 0.08, "is hardly ever called", 0.7, below=True),
    ),
)

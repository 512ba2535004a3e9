"""Cloned device: one subscription calls in two handsets, far apart, at the same time or too soon after (3GPP TS 22.031, FIGS)."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="device_cloning",
    base=-4.8,
    support="clones_per_h",
    signs=(
        Sign("clones_per_h", "clones_per_h", 0.4, "calls in two handsets and two places at once", 3.5, needed=True),
        Sign("clones_per_h_many", "clones_per_h", 0.8, "again and again", 2.5),
        Sign("international_share", "international_share", 0.3, "to other countries", 1.0),
        Sign("long_share", "long_share", 0.2, "and for long", 0.5),
    ),
)

"""Vishing: strangers are called, most hang up, some are kept on the line for long (FTC impostor scams; Europol IOCTA 2023)."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="vishing",
    base=-10.5,
    support="attempts_slow",
    signs=(
        Sign("attempts_per_h", "attempts_medium", 0.5, "calls out again and again", 1.5, needed=True),
        Sign("attempts_per_h_many", "attempts_medium", 4.0, "for hours", 2.0),
        Sign("long_share", "long_share", 0.11, "keeps some on the line for over ten minutes", 2.0),
        Sign("long_calls_per_h", "long_answered_per_h", 0.3, "several such talks an hour", 3.0),
        Sign("block_talks", "block_100_long_excess", 0.5, "as do other numbers of its block", 5.0),
        Sign("distinct_share", "distinct_share", 0.75, "hardly ever the same number twice", 1.5, needed=True),
        Sign("in_share", "in_share", 0.22, "is hardly ever called", 1.5, below=True, needed=True),
        Sign("short_answered_share", "short_answered_share", 0.1, "others hang up within seconds", 1.5),
        Sign("cells_per_h", "cells_slow", 0.08, "stays in one place", 0.7, below=True),
        Sign("not_signed", "signed", 0.5, "nobody answers for the caller", 1.5, below=True, needed=True),
        Sign("not_hot", "hot_share", 0.2, "not to premium ranges", 0.5, below=True, needed=True),
        Sign("bad_place", "place_odds", 2.5, "others in its handset or cell, or behind its trunk, turned out to be frauds", 1.0),
    ),
)

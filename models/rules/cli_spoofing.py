"""CLI spoofing: calls come in from outside under a number of this country whose own line makes none (ATIS-1000074).

One such call says little: it may be the first of somebody who has just gone abroad, whose own leg is on its way.
"""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="cli_spoofing",
    base=-4.6,
    support="attempts_slow",
    signs=(
        Sign("spoofed_per_h", "spoofed_per_h", 0.15, "calls come in over a trunk that its own line did not make", 0.1, needed=True),
        Sign("spoofed_again", "spoofed_per_h", 0.2, "more than one of them", 2.9),
        Sign("spoofed_share", "spoofed_share", 0.15, "they are a large part of its calls", 1.5, needed=True),
        Sign("not_signed", "signed", 0.5, "nobody answers for the caller", 1.5, below=True, needed=True),
        Sign("own_number", "own", 0.5, "it is a number of this operator", 2.0),
        Sign("at_home", "at_home", 0.5, "its own line is used at home", 2.0),
        Sign("spoofed_per_h_many", "spoofed_per_h", 2.0, "many of them", 1.5),
        Sign("number_not_allocated", "valid", 0.5, "no numbering plan allows the number", 1.0, below=True),
        Sign("distinct_share", "distinct_share", 0.6, "hardly ever the same number twice", 0.7),
    ),
)

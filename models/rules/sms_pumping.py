"""SMS pumping: bots have services send one-time passwords to a range of numbers that shares in what a message costs.

Whoever pumps needs numbers and no people: the range gets codes, number after number, and hardly anybody of it calls, writes or
is called: artificially inflated traffic, as the trade has it. Whether a code was entered, its sender alone knows.
"""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="sms_pumping",
    base=-15.0,
    support="otp_in_per_h",
    signs=(
        Sign("codes_beyond", "codes_beyond", 13.0, "one-time passwords into its range, beyond all it does", 3.0, needed=True),
        Sign("codes_share", "codes_share", 0.7, "the range does hardly anything else", 2.0, needed=True, width=0.2),
        Sign("code_received", "otp_in_per_h", 0.08, "gets one-time passwords", 1.0, needed=True),
        Sign("codes_again", "otp_in_per_h", 0.25, "and again", 2.5, width=0.2),
        Sign("not_new", "h_since_activation", 72.0, "was not activated of late, when anybody signs in anew", 2.0),
        Sign("never_acts", "seen", 0.5, "never calls or texts itself", 2.5, below=True),
        Sign("never_called", "calls_in_slow", 0.008, "and nobody calls it", 2.0, below=True),
        Sign("only_codes", "code_in_share", 0.85, "gets no other messages", 1.0, width=0.2),
        Sign("neighbours", "block_10_codes_in", 2.0, "as do the numbers beside it", 1.5),
        Sign("codes_beyond_many", "codes_beyond", 40.0, "by the dozen within hours", 1.5),
    ),
)

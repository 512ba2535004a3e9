"""Call forwarding abuse: a victim's line sends calls on to where they cost, and few call it all the time (CFCA; GSMA FF.21)."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="call_forward_abuse",
    base=-4.8,
    support="forwarded_abroad_per_h",
    signs=(
        Sign("forwarded_abroad_per_h", "forwarded_abroad_per_h", 0.8, "forwards calls to another country", 2.5, needed=True),
        Sign("mean_forwarded_s", "mean_forwarded_s", 120.0, "long ones", 1.2, needed=True),
        Sign("few_callers", "forward_callers", 8.0, "of the same few callers", 1.5, below=True, needed=True),
        Sign("forwards_hot", "forwards_hot", 0.5, "to a premium or revenue-share range", 2.0),
        Sign("forwarding_set", "h_since_forwarding", 48.0, "the forwarding was set of late", 0.7, below=True),
        Sign("forwarded_abroad_per_h_many", "forwarded_abroad_per_h", 2.5, "many an hour", 1.5),
    ),
)

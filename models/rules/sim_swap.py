"""SIM swap: a new SIM, and at once the codes of the owner's accounts, but none of its friends (ENISA, 2021)."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="sim_swap",
    base=-8.0,
    support="otp_in_per_h",
    signs=(
        Sign("h_since_sim_change", "h_since_sim_change", 48.0, "its SIM or handset changed of late", 1.0, below=True, needed=True),
        Sign("otps_since", "otps_since", 2.0, "one-time passwords came since", 2.0, needed=True),
        Sign("otps_since_many", "otps_since", 6.0, "many of them", 2.0),
        Sign("otp_in_per_h", "otp_in_per_h", 0.4, "shortly after each other", 1.0, needed=True),
        Sign(
            "known_since_share", "known_since_share", 0.15, "whom it knew it does not call any more", 1.2, below=True, needed=True
        ),
        Sign("sim_told", "sim_told", 0.5, "the SIM was exchanged, not only the handset", 0.8),
        Sign("new_place", "new_place", 0.5, "it is where it never was", 0.8),
        Sign("not_same_place", "same_place", 0.5, "nor was it first where it had been before", 2.0, below=True),
        Sign("forwarding_set", "h_since_forwarding", 24.0, "its calls are forwarded of late", 1.0, below=True),
    ),
)

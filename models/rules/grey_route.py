"""Grey routes: an ordinary SIM that brings the one-time passwords and notices of brands, past the operator's own gateway."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="grey_route",
    base=-6.0,
    support="otp_texts_slow",
    signs=(
        Sign("from_a_number", "is_number", 0.5, "from a telephone number, not under a sender's name", 0.5, needed=True),
        Sign("otp_texts_per_h", "otp_texts_medium", 0.8, "one-time passwords, by the text model", 3.0, needed=True),
        Sign("otp_text_mean", "otp_text_mean", 0.25, "many of its texts are", 2.0, needed=True),
        Sign("distinct_share", "distinct_share", 0.5, "seldom the same recipient twice", 1.5, needed=True),
        Sign("messages_per_h", "messages_medium", 5.0, "texts faster than a person does", 1.5),
        Sign("messages_in_per_h", "messages_in_medium", 0.8, "hardly gets an answer", 1.0, below=True),
        Sign("message_share", "message_share", 0.95, "only texts, never calls", 0.8, width=0.1),
    ),
)

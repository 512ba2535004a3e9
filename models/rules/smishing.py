"""Smishing: messages whose texts mean to deceive, to many who do not know the sender."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="smishing",
    base=-4.8,
    support="fraud_texts_slow",
    signs=(
        Sign(
            "fraud_texts_per_h",
            "fraud_texts_medium",
            0.6,
            "texts that mean to deceive, by the text model",
            2.5,
            needed=True,
        ),
        Sign("fraud_text_mean", "fraud_text_mean", 0.5, "most of its texts do", 3.0, needed=True),
        Sign("distinct_share", "distinct_share", 0.6, "hardly ever the same recipient twice", 1.2, needed=True),
        Sign("messages_per_h", "messages_medium", 4.0, "sends many", 1.5),
        Sign("messages_per_h_fast", "messages_fast", 30.0, "a burst of messages", 1.0),
        Sign("messages_in_per_h", "messages_in_slow", 0.15, "hardly gets an answer", 0.7, below=True),
        Sign("from_a_number", "is_number", 0.5, "from a telephone number, not under a sender's name", 1.0),
        Sign("otp_text_mean", "otp_text_mean", 0.3, "not one-time passwords", 0.5, below=True),
    ),
)

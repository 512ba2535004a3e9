"""SMS spam: a number that texts to strangers faster than a person does, and to each of them once. Texts may be missing."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="sms_spam",
    base=-12.5,
    support="messages_slow",
    signs=(
        Sign("from_a_number", "is_number", 0.5, "from a telephone number, not under a sender's name", 0.5, needed=True),
        Sign("mobile", "mobile", 0.5, "from a mobile number", 0.5, needed=True),
        Sign("messages_per_h", "messages_medium", 6.0, "texts faster than a person does", 2.5, needed=True),
        Sign("distinct_share", "distinct_share", 0.5, "seldom the same recipient twice", 1.5, needed=True, width=0.3),
        Sign("new_share", "new_share", 0.45, "recipients that it never met before", 1.5, needed=True),
        Sign("messages_per_h_fast", "messages_fast", 60.0, "a burst of messages", 1.5),
        Sign("messages_per_h_many", "messages_medium", 16.0, "hundreds within hours", 2.0),
        Sign("messages_in_per_h", "messages_in_medium", 0.8, "hardly gets an answer", 1.8, below=True),
        Sign("message_share", "message_share", 0.95, "only texts, never calls", 1.0, width=0.1),
        Sign("calls_in_per_h", "calls_in_slow", 0.06, "is never called", 1.5, below=True, needed=True, width=0.6),
        Sign("spam_texts_per_h", "spam_texts_medium", 1.5, "texts that sell, by the text model", 4.5),
        Sign("spam_text_mean", "spam_text_mean", 0.2, "many of its texts do", 3.5),
        Sign("fraud_texts_per_h", "fraud_texts_medium", 2.0, "texts that mean to deceive, by the text model", 1.0),
        Sign("otp_text_mean", "otp_text_mean", 0.3, "not one-time passwords", 1.0, below=True),
    ),
)

"""Telephony denial of service: one line is called again and again, or held, until nobody gets through (DHS and FBI, 2013)."""

from linewatch.models.rules.rule import Rule, Sign

RULE = Rule(
    fraud_type="tdos",
    base=-10.2,
    support="attempts_slow",
    signs=(
        Sign("attempts_per_h", "attempts_medium", 0.6, "calls out again and again", 1.0, needed=True),
        Sign("one_number", "distinct_share", 0.3, "nearly always the same number", 2.0, below=True, needed=True),
        Sign("attempts_per_h_more", "attempts_medium", 3.0, "for longer than people redial", 1.2, width=0.25),
        Sign("attempts_per_h_many", "attempts_medium", 17.0, "far more often than one who wants to get through", 2.0, width=0.25),
        Sign("attempts_per_h_fast", "attempts_fast", 80.0, "a burst of calls", 2.0),
        Sign("led_together", "led_together", 8.0, "numbers of its block call the same number", 4.0),
        Sign("seconds_per_h", "seconds_medium", 1200.0, "and holds the line", 1.5),
        Sign("hardly_answered", "answered_share", 0.33, "hardly ever answered", 1.0, below=True, width=0.2),
        Sign("brief_talks", "mean_duration_s", 14.0, "and then for seconds", 0.5, below=True),
        Sign("in_share", "in_share", 0.1, "is hardly ever called", 1.2, below=True, needed=True),
        Sign("calls_in_per_h", "calls_in_slow", 0.016, "nobody calls it", 1.0, below=True, needed=True),
        Sign("messages_in_per_h", "messages_in_slow", 0.03, "nor sends it a message", 0.8, below=True, needed=True),
        Sign("not_abroad", "international_share", 0.3, "within the country", 0.5, below=True, needed=True),
        Sign("no_messages", "message_share", 0.1, "sends no messages", 0.7, below=True),
        Sign("cells_per_h", "cells_slow", 0.08, "stays in one place", 0.7, below=True),
    ),
)

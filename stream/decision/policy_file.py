"""A policy as somebody hands it in: what it tunes must be there, or a slip of the pen would change nothing and say nothing.

A policy that stands in a log already is read as it is: a version that has other signs than the one before goes on with those
that both have.
"""

from pathlib import Path

from linewatch.config.errors import InvalidSetting
from linewatch.config.policy import Policy, load_policy
from linewatch.models.rules.every import RULES


def policy_of_file(path: Path) -> Policy:
    """The policy of a file; raises InvalidSetting where it sets the threshold of a sign that its rule has not."""
    policy = load_policy(path)
    for rule in RULES:
        codes = [sign.code for sign in rule.signs]
        for code, threshold in policy.detectors.get(rule.fraud_type, {}).items():
            if code not in codes:
                raise InvalidSetting(f"detectors.{rule.fraud_type}.{code}", threshold, f"one of {', '.join(codes)}")
    return policy

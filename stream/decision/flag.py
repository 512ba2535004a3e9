"""A flag: what the operator is told when the state of a number for one fraud type changes."""

from hashlib import blake2b
from typing import Any

import msgspec


class Flag(msgspec.Struct, frozen=True, gc=False):
    """The fields of the contract, in its units: scores 0 to 1, times in ms of event time."""

    flag_id: str
    number: str
    fraud_type: str
    role: str
    action: str
    score: float
    episode_ms: int
    step: int
    flagged_ms: int
    first_ms: int
    last_ms: int
    record_count: int
    reasons: list[dict[str, Any]]
    evidence: list[str]
    policy_version: str
    model_version: str

    def key(self) -> bytes:
        """The Kafka key of the flag."""
        return self.number.encode()

    def standing_key(self) -> bytes:
        """The Kafka key in the compacted topic of states."""
        return standing_key(self.number, self.fraud_type)


def flag_id(number: str, fraud_type: str, episode_ms: int, step: int, action: str, policy: str, model: str) -> str:
    """The hash that makes the same change of the same log the same flag."""
    parts = "\x1f".join((number, fraud_type, str(episode_ms), str(step), action, policy, model))
    return blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def standing_key(number: str, fraud_type: str) -> bytes:
    """The key of a number's last state for a fraud type, in the compacted topic of states."""
    return f"{number}|{fraud_type}".encode()

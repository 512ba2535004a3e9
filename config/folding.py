"""By which keys of a policy profiles are folded and gated; by all others a policy only decides."""

from collections.abc import Callable
from typing import Any, Final

from linewatch.config.policy import Policy

FOLDED_BY: Final[dict[str, Callable[[Policy], Any]]] = {
    "half_lives_s": lambda policy: policy.half_lives_s,
    "gate": lambda policy: policy.gate,
    "hot_destinations": lambda policy: policy.hot_destinations,
    "expire_days": lambda policy: policy.expire_days,
    "caps.rows": lambda policy: policy.caps.rows,
    "caps.held": lambda policy: policy.caps.held,
}


def folded_apart(first: Policy, second: Policy) -> list[str]:
    """The keys that differ and keep two policies from deciding on the same rows."""
    return [key for key, value in FOLDED_BY.items() if value(first) != value(second)]

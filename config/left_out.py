"""What a policy's text leaves out and so has otherwise than the shipped policy: a policy stands alone, in a log too."""

import tomllib
from typing import Any

import msgspec

from linewatch.config.policy import policy_from_toml, shipped_policy

Table = dict[str, Any]


def left_out(text: str) -> list[str]:
    """The dotted keys, or whole tables, that a text does not name and whose values then are not those shipped.

    In the order of the shipped policy. Raises InvalidSetting where the text is no policy.
    """
    in_force = msgspec.to_builtins(policy_from_toml(text))
    shipped = shipped_policy()
    return _unlike(tomllib.loads(shipped.source), tomllib.loads(text), msgspec.to_builtins(shipped), in_force)


def _unlike(shipped_text: Table, text: Table, shipped: Table, in_force: Table) -> list[str]:
    found: list[str] = []
    for key, value in shipped_text.items():
        if key not in text:
            if in_force.get(key) != shipped[key]:
                found.append(key)
        elif isinstance(value, dict):
            found += [f"{key}.{inner}" for inner in _unlike(value, text[key], shipped[key], in_force[key])]
    return found

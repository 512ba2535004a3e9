"""Every error that Linewatch raises on purpose, sorted by what happens next.

LinewatchError
├── UnusableInput       the call, a file or a setting cannot be used: one line on standard error, exit status 2
│   ├── InvalidSetting  names the key, the value, the range allowed
│   └── ArtifactRefused a model artifact that does not match its manifest
└── DoesNotHold         the thing asked about is not so: exit status 1
"""

from typing import Any


class LinewatchError(Exception):
    """The root of the tree; its text tells the operator what to do."""


class UnusableInput(LinewatchError):
    """The call or its input cannot be used."""


class InvalidSetting(UnusableInput):
    """A setting is unknown, of the wrong type or out of its range; a value of None is none that may be shown."""

    def __init__(self, key: str, value: object, allowed: str) -> None:
        super().__init__(f"{key}{'' if value is None else f' = {value!r}'} is not usable: {allowed}")
        self.key, self.value, self.allowed = key, value, allowed

    def __reduce__(self) -> tuple[Any, ...]:
        """As another process is told of it."""
        return type(self), (self.key, self.value, self.allowed)


class ArtifactRefused(UnusableInput):
    """A model artifact does not match its manifest, or this machine's libraries."""


class DoesNotHold(LinewatchError):
    """The question was understood and the answer is no."""

"""Structs that msgspec knows before any thread reads one."""

from typing import TypeVar

import msgspec

T = TypeVar("T", bound=type[msgspec.Struct])


def known(struct: T) -> T:
    """Have msgspec look at a struct's fields now, where its class is made; for a decorator.

    Otherwise it does so when it first reads one, and where two threads do that at once the second reads by what is half
    there, and the process ends with a segmentation fault (0.22.0).
    """
    msgspec.msgpack.Decoder(struct)
    return struct

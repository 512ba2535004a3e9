"""How sightings are brought into order, and what else of a worker's configuration decides flags: it enters through the log."""

from typing import Literal

import msgspec

from linewatch.config.known import known


@known
class OrderSettings(msgspec.Struct, frozen=True, array_like=True):
    """The payload of a control record of kind `order`; `number_model` is the version of the model that scored.

    `sources` is how many source partitions feed the log in all, 0 where that is given otherwise.
    """

    mode: Literal["live", "canonical"] = "canonical"
    settle_s: float = 300.0
    report_only: bool = False
    number_model: str = ""
    sources: int = 0

    def payload(self) -> bytes:
        """As it stands in the log."""
        return msgspec.msgpack.encode(self)


def order_settings(payload: bytes) -> OrderSettings:
    """The inverse of `OrderSettings.payload`."""
    return msgspec.msgpack.decode(payload, type=OrderSettings)

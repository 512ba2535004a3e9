"""A value of the snapshots topic: the policy, the operator list, the order or the models in force, or the learner's state."""

import msgspec


class Snapshot(msgspec.Struct, array_like=True):
    """The payload and the version since which it stands."""

    version: int
    payload: bytes

    def encode(self) -> bytes:
        """As it is stored."""
        return msgspec.msgpack.encode(self)


_DECODER = msgspec.msgpack.Decoder(Snapshot)


def snapshot_of(value: bytes) -> Snapshot:
    """The stored value; raises `msgspec.MsgspecError` where it is none."""
    return _DECODER.decode(value)

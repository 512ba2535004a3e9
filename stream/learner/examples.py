"""What the learner learns from: ordinary rows, sampled, and flagged rows joined to a verdict; and what it passes on: blocks."""

import msgspec
import numpy as np
from numpy.typing import NDArray

ORDINARY = 255


class Examples(msgspec.Struct, array_like=True):
    """Some rows of one kind: with `fraud_type` 255 rows that show what is ordinary, else one row and its verdict.

    Without a source nobody gave one: the number was blocked here, and there is no row.
    """

    event_ms: list[int]
    rows: bytes  # float32 [n, features]
    fraud_type: int = ORDINARY
    fraud: bool = False
    weight: float = 0.0
    source: str = ""
    record_id: str = ""
    records: list[int] = []  # hash of each row's record, for an order that does not depend on the cut
    action: str = ""  # of a verdict: at which the number stood
    entity: int = 0  # of a verdict or a block: the number

    @classmethod
    def of_ordinary(cls, event_ms: NDArray[np.int64], rows: NDArray[np.float32], records: NDArray[np.uint64]) -> "Examples":
        """Rows `[n, features]`, their event times and records."""
        return cls(event_ms.tolist(), rows.tobytes(), records=records.tolist())

    @classmethod
    def of_verdict(
        cls,
        event_ms: int,
        row: bytes,
        fraud_type: int,
        fraud: bool,
        weight: float,
        source: str,
        record_id: str,
        record: int = 0,
        action: str = "",
        entity: int = 0,
    ) -> "Examples":
        """The row that was flagged, and what a source says of it; no row where the number was flagged for something else."""
        return cls([event_ms], row, fraud_type, fraud, weight, source, record_id, [record], action, entity)

    @classmethod
    def of_block(cls, event_ms: int, fraud_type: int, flag_id: str, record: int, entity: int) -> "Examples":
        """A number that was flagged so strongly."""
        return cls([event_ms], b"", fraud_type, True, record_id=flag_id, records=[record], entity=entity)

    @property
    def is_block(self) -> bool:
        """Whether this is no verdict, nor ordinary."""
        return self.fraud_type != ORDINARY and not self.source

    def matrix(self) -> NDArray[np.float32]:
        """The rows, `[n, features]`."""
        return np.frombuffer(self.rows, np.float32).reshape(len(self.event_ms), -1)


_DECODER = msgspec.msgpack.Decoder(list[Examples])


def encode_examples(examples: list[Examples]) -> bytes:
    """The value of a message to the learner."""
    return msgspec.msgpack.encode(examples)


def decode_examples(value: bytes) -> list[Examples]:
    """The inverse of `encode_examples`."""
    return _DECODER.decode(value)

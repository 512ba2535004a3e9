"""What could not be counted, with the reason and the place that it came from."""

import base64
from typing import Final

import msgspec

REASONS: Final = ("unreadable", "oversized", "tombstone", "wrong_type", "impossible", "kind", "bug")
"""The closed set of reasons: no JSON; over 1 MiB; no value; a field is missing or of a wrong type; a time or duration
that cannot be; a `kind` that is not the topic's, or in a file none that is known."""
MAX_BYTES: Final = 1 << 20
VERSION: Final = "1"


class DeadLetter(msgspec.Struct, frozen=True, gc=False):
    """A record that was not counted; `raw` is None for a tombstone; in a file `topic` is the path."""

    reason: str
    topic: str
    partition: int
    offset: int
    raw: bytes | None

    def headers(self) -> list[tuple[str, bytes]]:
        """The Kafka headers of the contract."""
        named = {"reason": self.reason, "topic": self.topic, "partition": self.partition, "offset": self.offset}
        return [(key, str(value).encode()) for key, value in named.items()] + [("version", VERSION.encode())]

    def key(self) -> bytes:
        """The Kafka key: where it came from, so that a repeat after a crash can be told; a tombstone needs one."""
        return f"{self.topic}|{self.partition}|{self.offset}".encode()

    def json_line(self) -> bytes:
        """The form that a file of dead letters has, with its line feed."""
        raw = base64.b64encode(self.raw or b"").decode()
        line = {"reason": self.reason, "path": self.topic, "line": self.offset, "version": VERSION, "raw_base64": raw}
        return msgspec.json.encode(line) + b"\n"

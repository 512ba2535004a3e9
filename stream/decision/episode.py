"""An episode of suspicion: from the first record that speaks for a fraud type to the flag's withdrawal."""

import msgspec

from linewatch.config.known import known

ACTIONS = ("", "watch", "review", "block")
"""Weakest first; the empty one is suspicion that was not flagged."""
EVIDENCE = 10


@known
class Episode(msgspec.Struct, array_like=True):
    """The state of one number for one fraud type; times in ms of event time."""

    number: str
    episode_ms: int
    first_ms: int
    last_ms: int
    level: int = 0  # index in ACTIONS
    step: int = -1
    record_count: int = 0
    seen: int = 0  # of the number's row, when it was last looked at
    score: float = 0.0
    evidence: list[str] = []
    lower_since_ms: int | None = None  # since when its score asks for less
    silent_until_ms: int = 0  # after a trusted verdict
    silent_count: int = 0  # the evidence then; twice that ends the silence
    features: bytes = b""  # the row that was flagged, for a verdict to be joined to

    def speaks(self, event_ms: int, record_id: str) -> None:
        """One more look that found something: keep up to ten records as evidence, the first and the last ones."""
        if event_ms > self.last_ms:
            self.last_ms = event_ms
        elif event_ms < self.first_ms:
            self.first_ms = event_ms
        evidence = self.evidence
        if record_id not in evidence:
            if len(evidence) == EVIDENCE:
                del evidence[EVIDENCE // 2]
            evidence.append(record_id)

"""What verdicts on senders teach about the texts that they sent, in the intake that read these texts.

A verdict names a number, and comes hours after what the number sent: so the texts that one might come on are remembered, as
hashed features. What is learned reads the texts that come after it, and stands in their sightings.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linewatch.models.online.snapshot import Judged
from linewatch.models.online.taught import HARMLESS, Teaching
from linewatch.models.pretrained.text import UNFAMILIAR, Mixture, Reader
from linewatch.stream.campaigns.entities import leads_somewhere
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.lessons.remembered import Remembered, rows_of_kept

FEWEST: Final = 3
"""Texts of late from which on a sender's are remembered: the shipped policy looks at nobody who sent fewer."""
_HALF_MS: Final = 4 * HOUR_MS
"""After so long they count as half: the half-life of the counts that the policy's gate goes by."""
_COUNTS_BITS: Final = 20
_SAMPLED: Final = (1 << 64) // 16
"""One text in 16, by a hash, is remembered though nothing speaks against it, to learn what is harmless when a verdict says so."""


class Lessons:
    """Texts remembered, and what reads texts now; a function of messages and verdicts in their order."""

    def __init__(self, shipped: Mixture) -> None:
        self.reader: Reader = shipped
        self.learned = 0
        """How often a text was learned, once for each verdict on a sender of it."""
        self._teaching = Teaching(shipped)
        self._remembered = Remembered()
        self._counts = np.zeros(1 << _COUNTS_BITS, np.uint32)
        self._halved_ms = 0

    def see(
        self, texts: Sequence[str], senders: NDArray[np.uint64], event_ms: NDArray[np.int64], scores: NDArray[np.float32]
    ) -> None:
        """Messages with their texts, their senders and scores: remember those that a verdict might teach something about.

        Those of senders that send several, where they are not ordinary beyond doubt, or cannot be read and lead somewhere; of
        the rest a share.
        """
        now_ms = int(event_ms.max())
        self._remembered.forget(now_ms)
        busy = self._busy(senders, now_ms)
        unread = scores[:, 4] < UNFAMILIAR
        doubtful = (scores[:, 2] + scores[:, 3] < HARMLESS) & ~unread
        sampled = _mixed(senders ^ event_ms.view(np.uint64)) < np.uint64(_SAMPLED)
        chosen = busy & (doubtful | sampled)
        for place in np.flatnonzero(busy & unread & ~sampled).tolist():
            chosen[place] = leads_somewhere(texts[place])
        places = np.flatnonzero(chosen).tolist()
        if places:
            self._remembered.take([texts[place] for place in places], senders[places].tolist(), event_ms[places].tolist())

    def hear(self, verdicts: Iterable[Judged], most_logit: float) -> None:
        """Verdicts in the learner's order: each teaches the texts of its sender, each text once; then read by what is known."""
        before = self.learned
        for _, group in groupby(verdicts, lambda one: (one.entity, one.event_ms, one.fraud)):
            said = list(group)
            self._learn(said[0], frozenset(one.fraud_type for one in said), most_logit)
        if self.learned > before:
            self.reader = self._teaching.taught(most_logit)

    def _learn(self, verdict: Judged, fraud_types: frozenset[str], most_logit: float) -> None:
        """One verdict, on all the fraud types that it is on."""
        name = hash((verdict.entity, verdict.event_ms, verdict.fraud))
        texts = [text for text in self._remembered.of(verdict.entity) if name not in text.heard]
        if texts:
            rows = rows_of_kept(texts)
            self.learned += self._teaching.learn(rows, fraud_types, verdict.fraud, verdict.weight, most_logit)
        for text in texts:
            text.heard.add(name)

    def _busy(self, senders: NDArray[np.uint64], now_ms: int) -> NDArray[np.bool_]:
        """Which senders have sent several texts of late, by counts that a few senders may share."""
        if now_ms - self._halved_ms >= _HALF_MS:
            self._counts >>= 1
            self._halved_ms = now_ms
        places = _mixed(senders) >> np.uint64(64 - _COUNTS_BITS)
        np.add.at(self._counts, places, 1)
        return self._counts[places] >= FEWEST


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (values ^ (values >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)

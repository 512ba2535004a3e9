"""What verdicts on senders teach about the texts that they sent, in the intake that read these texts.

A verdict names a number, and comes hours after what the number sent: so the texts that one might come on are remembered, as
hashed features. What is learned reads the texts that come after it, and stands in their sightings.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.config.policy import MOST_TEXTS_H
from linewatch.models.online.snapshot import Judged
from linewatch.models.online.taught import HARMLESS, Teaching
from linewatch.models.pretrained.text import UNFAMILIAR, Mixture, Reader
from linewatch.models.texts.batch import Batch
from linewatch.stream.campaigns.entities import leads_somewhere
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.lessons.remembered import Remembered, rows_of_kept
from linewatch.stream.records.columns import mix

FEWEST: Final = 3
"""Texts of late from which on a sender's are remembered: the shipped policy looks at nobody who sent fewer."""
_HALF_MS: Final = 4 * HOUR_MS
"""After so long they count as half: the half-life of the counts that the policy's gate goes by."""
_COUNTS_BITS: Final = 20
_SAMPLED: Final = (1 << 64) // 16
"""One text in 16, by a hash, is remembered though nothing speaks against it, to learn what is harmless when a verdict says so."""

_IF_IT_LEADS: Final = 2


class Lessons:
    """Texts remembered, and what reads texts now; a function of messages and verdicts in their order."""

    def __init__(self, shipped: Mixture) -> None:
        self.reader: Reader = shipped
        self.learned = 0
        """How often a text was learned, once for each verdict on a sender of it."""
        self._teaching = Teaching(shipped)
        self._remembered = Remembered(round(MOST_TEXTS_H * HOUR_MS))
        self._counts = np.zeros(1 << _COUNTS_BITS, np.uint32)
        self._halved_ms = 0
        self._most_logit = 0.0

    def state(self) -> dict[str, Any]:
        """All of it, as plain data."""
        return {
            "remembered": self._remembered.state(),
            "teaching": self._teaching.state(),
            "counts": self._counts.tobytes(),
            "halved_ms": self._halved_ms,
            "learned": self.learned,
            "most_logit": self._most_logit,
        }

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`; raises ValueError for one of other sizes."""
        self._remembered.load(state["remembered"])
        self._teaching.load(state["teaching"])
        self._counts[:] = np.frombuffer(state["counts"], np.uint32)
        self._halved_ms, self.learned, self._most_logit = state["halved_ms"], state["learned"], state["most_logit"]
        if self.learned:
            self.reader = self._teaching.taught(self._most_logit)

    def keep(self, texts_h: float) -> None:
        """From here on remember texts for so many hours."""
        self._remembered.keep_ms = round(texts_h * HOUR_MS)

    def see(
        self,
        batch: Batch,
        senders: NDArray[np.uint64],
        event_ms: NDArray[np.int64],
        scores: NDArray[np.float32],
    ) -> None:
        """Messages: their texts, senders, event times and scores; remember what a verdict may come on.

        Those are of senders that send several, and are not ordinary beyond doubt, or cannot be read and lead somewhere; of the
        rest a share.
        """
        now_ms = int(event_ms.max())
        self._remembered.forget(now_ms)
        if now_ms - self._halved_ms >= _HALF_MS:
            self._counts >>= 1
            self._halved_ms = now_ms
        worth = np.empty(len(senders), np.uint8)
        _look(senders, event_ms, scores, self._counts, worth)
        places = [at for at in np.flatnonzero(worth).tolist() if worth[at] != _IF_IT_LEADS or leads_somewhere(batch.texts[at])]
        if places:
            self._remembered.take(batch, places, senders[places].tolist(), event_ms[places].tolist())

    def hear(self, verdicts: Iterable[Judged], most_logit: float) -> None:
        """Verdicts on senders of texts, in the learner's order: each teaches each of the sender's texts once."""
        before = self.learned
        for _, group in groupby(verdicts, lambda one: (one.entity, one.event_ms, one.fraud)):
            said = list(group)
            self._learn(said[0], frozenset(one.fraud_type for one in said), most_logit)
        if self.learned > before:
            self._most_logit = most_logit
            self.reader = self._teaching.taught(most_logit)

    def _learn(self, verdict: Judged, fraud_types: frozenset[str], most_logit: float) -> None:
        """One verdict, on all the fraud types that it is on."""
        name = f"{verdict.entity} {verdict.event_ms} {verdict.fraud} {sorted(fraud_types)}"
        texts = [text for text in self._remembered.of(verdict.entity) if name not in text.heard]
        if texts:
            rows = rows_of_kept(texts)
            self.learned += self._teaching.learn(rows, fraud_types, verdict.fraud, verdict.weight, most_logit)
        for text in texts:
            text.heard.add(name)


@njit(cache=True)
def _look(
    senders: NDArray[np.uint64],
    event_ms: NDArray[np.int64],
    scores: NDArray[np.float32],
    counts: NDArray[np.uint32],
    worth: NDArray[np.uint8],
) -> None:
    """Which messages to remember: 1, or `_IF_IT_LEADS` somewhere. `counts` are of texts by senders, a few of which share one."""
    for row in range(len(senders)):
        place = mix(senders[row]) >> np.uint64(64 - _COUNTS_BITS)
        counts[place] += np.uint32(1)
        worth[row] = 0
        if counts[place] >= FEWEST:
            is_sampled = mix(senders[row] ^ np.uint64(event_ms[row])) < np.uint64(_SAMPLED)
            is_read = scores[row, 4] >= UNFAMILIAR
            if is_sampled or (is_read and scores[row, 2] + scores[row, 3] < HARMLESS):
                worth[row] = 1
            elif not is_read:
                worth[row] = _IF_IT_LEADS

"""Texts of late that a verdict on their sender may come on: what is left of each are its hashed features, never the text itself.

Bounded: of texts and of senders those met last are kept, of each sender some, and nothing for longer than the policy allows of
event time after it was last met, as campaigns are.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from linewatch.models.texts.batch import Batch
from linewatch.models.texts.features import BUCKETS, CARRIED, Rows

MOST_TEXTS: Final = 1 << 14
MOST_CELLS: Final = 1 << 22
"""Features of all texts together, 6 bytes each: 25 MB. An ordinary text has some 300 of them, the longest 1,500."""
MOST_SENDERS: Final = 1 << 15
PER_SENDER: Final = 8
"""With their bookkeeping senders take up to 40 MB, texts up to 15 MB."""


class Kept(NamedTuple):
    """A text as its features, each once: columns, values, and how far it is written in scripts that do not part words."""

    columns: NDArray[np.int32]
    values: NDArray[np.float16]
    unparted: float
    heard: set[str]  # the verdicts that have taught it


class Remembered:
    """A function of the messages in their order."""

    def __init__(self, keep_ms: int) -> None:
        self.keep_ms = keep_ms
        """How long nothing is kept beyond."""
        self._texts: OrderedDict[int, Kept] = OrderedDict()  # by the hash of its template
        self._last_ms: dict[int, int] = {}  # when each was met last
        self._of: OrderedDict[int, dict[int, int]] = OrderedDict()  # by sender its texts, and when it sent each last
        self._cells = 0
        self._now_ms = -(1 << 62)

    def state(self) -> dict[str, Any]:
        """All of it but for how long it is kept, as plain data."""
        return {
            "texts": [
                [key, columns.tobytes(), values.tobytes(), unparted, sorted(heard), self._last_ms[key]]
                for key, (columns, values, unparted, heard) in self._texts.items()
            ],
            "senders": [[sender, dict(own)] for sender, own in self._of.items()],
            "now_ms": self._now_ms,
        }

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        for key, columns, values, unparted, heard, last_ms in state["texts"]:
            kept = Kept(np.frombuffer(columns, np.int32), np.frombuffer(values, np.float16), unparted, set(heard))
            self._texts[key], self._last_ms[key] = kept, last_ms
            self._cells += len(kept.columns)
        self._of.update(state["senders"])
        self._now_ms = state["now_ms"]

    def take(self, batch: Batch, places: Sequence[int], senders: Sequence[int], times_ms: Sequence[int]) -> None:
        """Remember some messages: their places in a batch of texts, the entities that sent them, their event times."""
        keys = batch.keys(places)
        new = {key: place for key, place in zip(keys, places, strict=True) if key not in self._texts}
        if new:
            self._add(batch, list(new), list(new.values()))
        for key, sender, at_ms in zip(keys, senders, times_ms, strict=True):
            self._texts.move_to_end(key)
            self._last_ms[key] = at_ms
            own = self._of.pop(sender, None) or {}
            own.pop(key, None)
            own[key] = at_ms
            self._of[sender] = own
            if len(own) > PER_SENDER:
                del own[next(iter(own))]
        self.forget(max(times_ms))

    def of(self, sender: int) -> list[Kept]:
        """The texts that a sender sent, in the order in which it sent each last."""
        own, since_ms = self._of.get(sender, {}), self._now_ms - self.keep_ms
        return [self._texts[key] for key, at_ms in own.items() if at_ms >= since_ms and key in self._texts]

    def forget(self, now_ms: int) -> None:
        """Let go of what is old or too much; event time has come so far."""
        self._now_ms = max(self._now_ms, now_ms)
        since_ms = self._now_ms - self.keep_ms
        while self._texts:
            oldest = next(iter(self._texts))
            if len(self._texts) <= MOST_TEXTS and self._cells <= MOST_CELLS and self._last_ms[oldest] >= since_ms:
                break
            self._cells -= len(self._texts.pop(oldest).columns)
            del self._last_ms[oldest]
        while self._of:
            own = next(iter(self._of.values()))
            if len(self._of) <= MOST_SENDERS and next(reversed(own.values())) >= since_ms:
                break
            self._of.popitem(last=False)

    def _add(self, batch: Batch, keys: Sequence[int], places: Sequence[int]) -> None:
        for key, (made, row) in zip(keys, batch.made(places), strict=True):
            matrix = made.rows.matrix
            matrix.sum_duplicates()  # those of a matrix once
            part = slice(matrix.indptr[row], matrix.indptr[row + 1])
            columns, values = matrix.indices[part].copy(), matrix.data[part].astype(np.float16)
            self._texts[key] = Kept(columns, values, float(made.rows.unparted[row]), set())
            self._cells += len(columns)


def rows_of_kept(texts: Sequence[Kept]) -> Rows:
    """Their features; of concepts it is not known how often each was met."""
    pointers = np.cumsum([0, *(len(text.columns) for text in texts)])
    values = np.concatenate([text.values for text in texts]).astype(np.float32)
    columns = np.concatenate([text.columns for text in texts])
    matrix = csr_matrix((values, columns, pointers), shape=(len(texts), BUCKETS + CARRIED))
    return Rows(matrix, np.zeros((len(texts), 0), np.uint8), np.array([text.unparted for text in texts]))

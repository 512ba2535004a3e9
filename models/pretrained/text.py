"""The text model: whether a message means to deceive, sells, carries a one-time password, or is ordinary.

Two multinomial regressions over one row of features. One, `learned`, sees everything, n-grams too, and knows the
languages that it was trained on. The other, `carried`, sees only what carries over between languages. The less a text's
n-grams are known, the more the second decides. Of a text unlike anything learned the answer is drawn towards the prior, so
that it is not called fraud by its text alone: then behaviour has to do.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from linewatch.config.errors import ArtifactRefused
from linewatch.models.pretrained.manifest import SHIPPED, Manifest, load_artifact
from linewatch.models.texts.batch import Batch, Made
from linewatch.models.texts.claims import misfit, official
from linewatch.models.texts.features import BUCKETS, FEATURES, Rows
from linewatch.models.texts.templates import MOST, Templates

Floats = NDArray[np.float64]
CLASSES: Final = ("fraud", "spam", "otp", "ordinary")
UNFAMILIAR: Final = 0.1
"""A text less familiar than this is no evidence: its sender is judged by behaviour alone."""
PRIOR: Final = np.array([0.05, 0.1, 0.05, 0.8])
"""Of messages at large, by class."""
_CAUTION: Final = 0.45
"""How far a guess about an unfamiliar text counts beside the prior; the most that fraud can then have is under 0.5."""
_BELIEVED: Final = 0.9
"""How familiar a text must be for its guess to count wholly. `training/evaluate/message_notices.py` asks for 0.5 or 0.7 in all
lines but one, which is over 2 % even so; what each step costs and spares stands in `docs/messages.md`."""
_COLUMNS: Final = len(CLASSES) + 3  # and how familiar, whether it speaks as an institution does, what it shows
_DOUBTFUL: Final = 0.2
"""The probability of fraud and spam together from which on it is looked what a text shows; its sender may speak against it too."""


class Reader(Protocol):
    """What gives texts their chances: the shipped model, or that with what it was taught since. What is taught more is another."""

    def chances(self, rows: Rows) -> tuple[Floats, Floats]:
        """Probabilities of `CLASSES` `[n, 4]`, and how familiar each text is `[n]`."""


class Reading(NamedTuple):
    """Of some texts the scores, see `TextModel.score`, and what each shows that speaks against it, a code of `texts.shown`."""

    scores: NDArray[np.float32]
    shown: NDArray[np.uint8]


class TextModel:
    """Loaded once; a template that was scored of late is not scored again, for campaigns repeat themselves."""

    def __init__(self, estimators: dict[str, Any], manifest: Manifest, memory: int = MOST) -> None:
        self.version = manifest.version
        self.model = Mixture(estimators, manifest.extra)
        self._templates = Templates(memory)
        self._scored = np.empty((memory, _COLUMNS), np.float32)
        self._reader: Reader = self.model

    @classmethod
    def load(cls, directory: Path = SHIPPED, memory: int = MOST) -> "TextModel":
        """The shipped model, or that of a folder, with a memory of so many templates; raises ArtifactRefused."""
        estimators, manifest = load_artifact(directory, "text", FEATURES)
        if missing := {"learned", "carried", "known"} - set(estimators):
            raise ArtifactRefused(f"the text model in {directory} lacks {', '.join(sorted(missing))}: train it anew")
        return cls(estimators, manifest, memory)

    def score(self, texts: Sequence[str], senders: Sequence[str] | None = None) -> NDArray[np.float32]:
        """`[n, 5]`: probabilities of `CLASSES`, which add to 1, and how familiar the text is, 0 to 1.

        `senders` are those of the texts, as their records have them; who they are is weighed against what they write.
        """
        return self.read(Batch(texts), senders).scores

    def read(self, batch: Batch, senders: Sequence[str] | None = None, reader: Reader | None = None) -> Reading:
        """The same, and what they show, as `reader` reads them, for nothing the shipped model.

        What another one has read is not remembered.
        """
        reader = reader or self.model
        if reader is not self._reader:
            self._templates.forget()
            self._reader = reader
        places, first = self._templates.meet(batch.names)
        if self._templates.most > len(self._scored):
            self._scored = np.empty((self._templates.most, _COLUMNS), np.float32)
        if len(first):
            self._scored[places[first]] = self._score(batch.make(first))
        rows = self._scored[places]
        return Reading(_with_senders(rows, senders) if senders is not None else rows[:, :5], rows[:, 6].astype(np.uint8))

    def _score(self, made: Made) -> NDArray[np.float32]:
        rows = made.rows
        chances, familiar = self._reader.chances(rows)
        shown = made.shown(chances[:, :2].sum(axis=1) >= _DOUBTFUL)
        return np.column_stack([chances, familiar, official(rows.concepts), shown]).astype(np.float32)


class Mixture:
    """Both regressions as arrays, and the calibration of what they say."""

    def __init__(self, estimators: dict[str, Any], extra: dict[str, Any]) -> None:
        self._learned, self._learned_bias = _weights(estimators["learned"])
        self._carried, self._carried_bias = _weights(estimators["carried"])
        self._known = np.unpackbits(estimators["known"], count=BUCKETS).astype(np.float32)
        self._temperatures = (float(extra["temperature"]), float(extra["carried_temperature"]))
        self._shift = np.array([extra["carried_shift"][name] for name in CLASSES])
        self._familiar = np.array([extra["familiar_parted"], extra["familiar_unparted"]])

    def chances(self, rows: Rows) -> tuple[Floats, Floats]:
        """Probabilities of `CLASSES` `[n, 4]`, and how familiar each text is `[n]`."""
        chances, familiar = self.guesses(rows)
        counts = belief(familiar)[:, None]
        return counts * chances + (1.0 - counts) * PRIOR, familiar

    def guesses(self, rows: Rows) -> tuple[Floats, Floats]:
        """The same with no caution about what is unfamiliar."""
        matrix = rows.matrix
        familiar = self.familiarity(rows)
        learned = softmax((matrix @ self._learned + self._learned_bias) / self._temperatures[0])
        carried = softmax((matrix[:, BUCKETS:] @ self._carried + self._carried_bias) / self._temperatures[1] + self._shift)
        trust = trust_of(familiar)[:, None]
        return trust * learned + (1.0 - trust) * carried, familiar

    def familiarity(self, rows: Rows, known: NDArray[np.float32] | None = None) -> Floats:
        """How familiar each text is, 0 to 1, with the n-grams that are `known` (`known_with`), without them those of training."""
        share = known_share(rows.matrix, self._known if known is None else known)
        return familiarity(share, rows.unparted, self._familiar)

    def known_with(self, met: NDArray[np.bool_]) -> NDArray[np.float32]:
        """1 for n-grams that are known from training or `met` since, `[BUCKETS]`."""
        return np.maximum(self._known, met)


def familiarity(share: Floats, unparted: Floats, points: Floats) -> Floats:
    """How like the texts that the model knows, 0 to 1.

    `points` are the shares of known n-grams at which it is 0, 0.5 and 1, `[2, 3]`: of scripts that part their words, and
    of the others, which have so many signs that fewer of their n-grams are known.
    """
    none, half, whole = (points[0] + unparted[:, None] * (points[1] - points[0])).T
    below = 0.5 * (share - none) / (half - none)
    above = 0.5 + 0.5 * (share - half) / (whole - half)
    return np.clip(np.where(share < half, below, above), 0.0, 1.0)


def trust_of(familiar: Floats) -> Floats:
    """How far the regression that knows languages is believed: wholly from a third familiar on."""
    return np.clip(3.0 * familiar, 0.0, 1.0)


def belief(familiar: Floats, whole: float = _BELIEVED) -> Floats:
    """How far a guess counts beside the prior: wholly where a text is so familiar, and less and less below."""
    return _CAUTION + (1.0 - _CAUTION) * np.clip((familiar - UNFAMILIAR) / (whole - UNFAMILIAR), 0.0, 1.0)


def known_share(matrix: Any, known: NDArray[np.float32]) -> Floats:
    """Which share of each text's n-grams is known, 0 to 1; of a text that has none, 1."""
    grams = matrix[:, :BUCKETS]
    whole = np.asarray(grams.sum(axis=1)).ravel()
    return np.where(whole > 0, np.asarray(grams @ known).ravel() / np.maximum(whole, 1e-9), 1.0)


def softmax(logits: Floats) -> Floats:
    """Probabilities over the last axis."""
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    return chances / chances.sum(axis=1, keepdims=True)


def _weights(estimator: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """`[features, classes]` and `[classes]`, the classes in the order of `CLASSES`."""
    order = [list(estimator.classes_).index(name) for name in CLASSES]
    return np.ascontiguousarray(estimator.coef_[order].T.astype(np.float32)), estimator.intercept_[order].astype(np.float32)


def _with_senders(rows: NDArray[np.float32], senders: Sequence[str]) -> NDArray[np.float32]:
    """The odds of fraud moved by what its sender is; the other classes keep their proportions."""
    moved = misfit(senders, rows[:, 5] > 0)
    scores = rows[:, :5].copy()
    at = np.flatnonzero(moved)
    if len(at):
        scores[at, 0] *= np.exp(moved[at])
        scores[at, :4] /= scores[at, :4].sum(axis=1, keepdims=True)
    return scores

"""Trains the text model on labelled messages of several languages; the rows stay where they are.

A source that only says `spam` does not tell fraud from marketing: its rows are shared between the two by the model itself
(expectation-maximisation), begun from the sources that do tell.

What carries over between languages is learned within sources: each source has an intercept of its own by class while the
others' weights are found (fixed effects), for one whose links are all fraud would teach that links are. How far the answer
may be believed in a language that was not learned is measured by leaving out one source after the other.
"""

import hashlib
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, hstack, vstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from linewatch.models.pretrained.manifest import write_artifact
from linewatch.models.pretrained.text import CLASSES, TextModel, known_share, softmax
from linewatch.models.texts.features import BUCKETS, CARRIED, FEATURES, Rows, rows_of, squeezed
from linewatch.models.texts.lexicon import EVERYDAY, Words
from linewatch.training.data_file import file_of
from linewatch.training.train.labelled import FILE, UNTOLD, Labelled, at_most, columns, joined, read_messages
from linewatch.training.train.own_examples import COPIES, OWN, own_rows

FRAUD, SPAM, OTP, ORDINARY = range(len(CLASSES))
MOST_OF_A_LABEL: Final = 6000
"""Rows of one source and label that are learned from; more of the same add little and take long."""
_KNOWN_ROWS: Final = 3
"""How often an n-gram must be met in real messages to be known: examples in a language do not make it familiar. By as many of
these, each counted once, something can be learned of it all the same."""
_LIGHT: Final = 0.03
"""Of the project's own examples in languages beside English, which are many, beside labelled messages. Those of a class that a
labelled language lacks weigh as labelled ones do: whose messages are all fraud would else have every text called so."""
_NGRAM_SCALE: Final = 4.0
_SOURCE_SCALE: Final = 5.0
"""How much less n-grams and the intercepts of sources are penalised than the other weights."""
_CARRIED_C: Final = 0.1
"""How little the regression that carries over is bound, the inverse of its penalty: of 0.1, 0.3 and 1 what leaving out one of the
other sources after the other chose for most sources left out, each by itself."""
_CHUNK: Final = 4096
_FALSE_ALARMS: Final = 0.01
_ENOUGH: Final = 100
"""Harmless rows that a source must have for a rate of one in a hundred to be seen in them."""

Progress = Callable[[str], None]
Matrix = Any
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def features_of(texts: list[str], lexicon: Words | None = None) -> Rows:
    """Feature rows of many texts."""
    matrices, concepts, unparted = zip(
        *(rows_of(squeezed(texts[at : at + _CHUNK]), lexicon) for at in range(0, len(texts), _CHUNK)), strict=True
    )
    return Rows(vstack(matrices).tocsr(), np.concatenate(concepts), np.concatenate(unparted))


def weights(rows: Labelled, classes: Ints) -> Floats:
    """Each language and class as heavy as any other, within a factor of the root of its size; but for examples, see `_LIGHT`."""
    keys = [f"{language}|{source == OWN}|{label}" for language, source, label in zip(*rows[3:], classes, strict=True)]
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    made, light = 1.0 / np.sqrt(counts[inverse]), of_other_languages(rows) & ~_lacking(rows, classes)
    return np.where(light, _LIGHT, 1.0) * made / made[~light].mean()


def _lacking(rows: Labelled, classes: Ints) -> NDArray[np.bool_]:
    """Which rows are of a language that has labelled messages, and of a class of which it has few of them."""
    real = rows.sources != OWN
    labelled = Counter(zip(rows.languages[real].tolist(), classes[real].tolist(), strict=True))
    spoken = {language for language, _ in labelled}
    pairs = zip(rows.languages.tolist(), classes.tolist(), strict=True)
    return np.array([pair[0] in spoken and labelled[pair] < _ENOUGH for pair in pairs])


def of_other_languages(rows: Labelled) -> NDArray[np.bool_]:
    """Which are the project's own examples in languages beside English."""
    return (rows.sources == OWN) & (rows.languages != "en")


def fit(matrix: Matrix, rows: Labelled, iterations: int, strength: float = 1.0) -> LogisticRegression:
    """A regression over all rows, those that do not tell fraud from spam shared out."""
    told = rows.classes != UNTOLD
    base = weights(rows, np.where(told, rows.classes, SPAM))
    model = LogisticRegression(C=strength, max_iter=iterations, tol=1e-3, warm_start=True)
    _fitted(model, matrix[told], rows.classes[told], base[told])
    if told.all():
        return model
    chances = model.predict_proba(matrix[~told])
    fraud = chances[:, FRAUD] / np.maximum(chances[:, FRAUD] + chances[:, SPAM], 1e-9)
    count = int((~told).sum())
    classes = np.concatenate([rows.classes[told], np.full(count, FRAUD), np.full(count, SPAM)])
    shared = np.concatenate([base[told], base[~told] * fraud, base[~told] * (1 - fraud)])
    return _fitted(model, vstack([matrix[told], matrix[~told], matrix[~told]]).tocsr(), classes, shared)


def _fitted(model: LogisticRegression, matrix: Matrix, classes: Ints, heavy: Floats) -> LogisticRegression:
    """To stop before it converges is part of the regularisation, and no matter of warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(matrix, classes, sample_weight=heavy)


def fit_learned(matrix: Matrix, rows: Labelled) -> LogisticRegression:
    """The regression over all features but everyday words; of n-grams that are met too seldom it learns nothing."""
    own, scale = rows.sources == OWN, np.ones(matrix.shape[1])
    entries = matrix[np.flatnonzero(of_other_languages(rows))[::COPIES]].copy()
    entries.sum_duplicates()
    scale[:BUCKETS] = _NGRAM_SCALE * np.maximum(_known(matrix[~own]), _known(entries))
    scale[-len(EVERYDAY) :] = 0.0  # it knows the words by their n-grams; with them its area within the set is 0.001 lower
    model = fit((matrix @ diags(scale)).tocsr().astype(np.float32), rows, 60)
    model.coef_ = model.coef_ * scale
    return model


def fit_carried(matrix: Matrix, rows: Labelled) -> LogisticRegression:
    """The regression over what carries over; `matrix` has those columns alone. It answers for a source between all."""
    names = [name for name in np.unique(rows.sources) if len(np.unique(rows.classes[rows.sources == name])) > 1]
    sources = csr_matrix((rows.sources[:, None] == np.array(names)).astype(np.float32) * _SOURCE_SCALE)
    model = fit(hstack([matrix, sources]).tocsr().astype(np.float32), rows, 60, _CARRIED_C)
    model.intercept_ = model.intercept_ + _SOURCE_SCALE * model.coef_[:, CARRIED:].mean(axis=1)
    model.coef_ = model.coef_[:, :CARRIED]
    model.n_features_in_ = CARRIED
    return model


def logits(model: LogisticRegression, matrix: Matrix) -> Floats:
    """`[n, classes]`."""
    return np.asarray(matrix @ model.coef_.T + model.intercept_)


def temperature_of(scores: Floats, classes: Ints, heavy: Floats | None = None) -> float:
    """The divisor of the logits under which held-out rows are likeliest (Guo et al., ICML 2017)."""

    def loss(temperature: float) -> float:
        chances = softmax(scores / temperature)[np.arange(len(classes)), classes]
        return float(np.average(-np.log(np.maximum(chances, 1e-12)), weights=heavy))

    return float(min(np.geomspace(0.5, 8.0, 57), key=loss))


def unseen_calibration(matrix: Matrix, rows: Labelled, progress: Progress) -> tuple[float, float]:
    """The temperature of `fit_carried` on sources that it was not trained on, and what is added to its log-odds of fraud.

    One source after the other is left out. Fraud is then made so much harder to call that of the left-out sources'
    ordinary messages and one-time passwords one in a hundred is called so, in the mean over sources.
    """
    names = [name for name in np.unique(rows.sources) if name != OWN]
    scores = np.zeros((len(rows.texts), len(CLASSES)))
    for name in names:
        progress(f"leaving out {name}")
        out = rows.sources == name
        scores[out] = logits(fit_carried(matrix[~out], rows.taken(np.flatnonzero(~out))), matrix[out])
    told = (rows.sources != OWN) & (rows.classes != UNTOLD)
    temperature = temperature_of(scores[told], rows.classes[told], weights(rows.taken(np.flatnonzero(told)), rows.classes[told]))
    margins = []
    for name in names:
        mask = (rows.sources == name) & ((rows.classes == OTP) | (rows.classes == ORDINARY))
        if mask.sum() >= _ENOUGH:
            chances = softmax(scores[mask] / temperature)
            margins.append(np.log(np.maximum(chances[:, FRAUD], 1e-12) / np.maximum(1 - chances[:, FRAUD], 1e-12)))
    steps = np.linspace(0.0, 8.0, 161)
    rates = np.array([np.mean([(margin >= step).mean() for margin in margins]) for step in steps])
    enough = np.flatnonzero(rates <= _FALSE_ALARMS)
    return temperature, -float(steps[enough[0] if len(enough) else -1])


def familiarity(features: Rows, rows: Labelled, held: NDArray[np.bool_]) -> tuple[list[float], list[float]]:
    """Shares of known n-grams at which a text is not familiar at all, half familiar and wholly; by kind of script.

    None: what three in four texts of a left-out language stay under, in the median over languages. Half: what nine in ten
    held-out texts of known languages reach; wholly: what six in ten do not.
    """
    points = []
    real = rows.sources != OWN
    for unparted in (False, True):
        elsewhere, here = [], []
        for language in np.unique(rows.languages[real]):
            inside = real & (rows.languages == language)
            if (features.unparted[inside].mean() > 0.5) != unparted:
                continue
            without = features.matrix[real & (rows.languages != language)]
            elsewhere.append(np.quantile(known_share(features.matrix[inside], _known(without)), 0.75))
            here.append(known_share(features.matrix[inside & held], _known(features.matrix[real & ~held])))
        half, whole = (float(np.median([np.quantile(shares, at) for shares in here if len(shares)])) for at in (0.1, 0.6))
        points.append([min(float(np.median(elsewhere)), half - 0.01), half, max(whole, half + 0.01)])
    return points[0], points[1]


def _known(matrix: Matrix) -> NDArray[np.float32]:
    """Which n-grams these rows make known; one that a text repeats counts as often."""
    return (np.bincount(matrix.indices, minlength=matrix.shape[1])[:BUCKETS] >= _KNOWN_ROWS).astype(np.float32)


def train_on(features: Rows, rows: Labelled, seed: int, progress: Progress) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both regressions and the calibration, of these rows alone."""
    matrix = features.matrix
    held = (np.random.default_rng(seed).random(len(rows.texts)) < 0.08) & (rows.sources != OWN)
    progress("the regression that knows languages")
    learned = fit_learned(matrix[~held], rows.taken(np.flatnonzero(~held)))
    told = held & (rows.classes != UNTOLD)
    temperature = temperature_of(logits(learned, matrix[told]), rows.classes[told])
    carried_temperature, fraud_shift = unseen_calibration(matrix[:, BUCKETS:], rows, progress)
    progress("the regression that carries over")
    carried = fit_carried(matrix[:, BUCKETS:], rows)
    parted, unparted = familiarity(features, rows, held)
    extra = {
        "temperature": temperature,
        "carried_temperature": carried_temperature,
        "carried_shift": {"fraud": fraud_shift, "spam": 0.0, "otp": 0.0, "ordinary": 0.0},
        "familiar_parted": parted,
        "familiar_unparted": unparted,
    }
    known = _known(matrix[(rows.sources != OWN) & ~held])
    return {"learned": _named(learned), "carried": _named(carried), "known": np.packbits(known > 0)}, extra


def _named(model: LogisticRegression) -> LogisticRegression:
    model.classes_ = np.array(CLASSES)
    model.coef_ = np.where(np.abs(model.coef_) < 2e-3, 0.0, model.coef_).astype(np.float16).astype(np.float32)
    model.intercept_ = model.intercept_.astype(np.float32)
    return model


def nine_in_ten(messages: Path, random: np.random.Generator) -> tuple[Labelled, Labelled]:
    """The rows that the model is trained on, and those that it is measured by; the same from the same seed."""
    real = columns(read_messages(messages))
    held = random.random(len(real.texts)) < 0.1
    return real.taken(np.flatnonzero(~held)), real.taken(np.flatnonzero(held))


def train_text(messages: Path, out: Path, seed: int, progress: Progress) -> dict[str, Any]:
    """Train on nine rows in ten, calibrate and measure on the tenth, write the artifact; returns the metrics."""
    random = np.random.default_rng(seed)
    train, test = nine_in_ten(messages, random)
    rows_read = len(train.texts) + len(test.texts)
    train = train.taken(at_most(train, MOST_OF_A_LABEL, random))
    own = columns(own_rows(random))
    rows = joined(train, own)
    progress("features")
    estimators, extra = train_on(features_of(rows.texts), rows, seed, progress)
    raw = file_of(messages, FILE).read_bytes()
    data = {"sha256": hashlib.sha256(raw).hexdigest(), "rows": rows_read, "own_examples": len(own.texts)}
    manifest = write_artifact(out, "text", estimators, FEATURES, data, {}, extra)
    metrics = measure(TextModel(estimators, manifest), test)
    write_artifact(out, "text", estimators, FEATURES, data, metrics, extra)
    return metrics


def area(scores: Floats, bad: NDArray[np.bool_], good: NDArray[np.bool_]) -> float:
    """Under the curve, of some rows against others; the rest is not asked."""
    return float(roc_auc_score(bad[bad | good], scores[bad | good]))


def areas(chances: Floats, rows: Labelled) -> dict[str, float]:
    """Areas under the curve: fraud against what is harmless, against that and marketing, and all unwanted against harmless."""
    harmless = np.isin(rows.labels, ("ham", "otp"))
    fraud, promo = rows.labels == "fraud", rows.labels == "promo"
    unwanted = chances[:, FRAUD] + chances[:, SPAM]
    return {
        "auc_fraud_harmless": round(area(chances[:, FRAUD], fraud, harmless), 4),
        "auc_fraud_told": round(area(chances[:, FRAUD], fraud, harmless | promo), 4),
        "auc_unwanted": round(area(unwanted, ~harmless, harmless), 4),
    }


def measure(model: TextModel, rows: Labelled) -> dict[str, Any]:
    """Areas, and by language: how much fraud is called so, and how much of what is harmless, at 0.5."""
    scores = model.score(rows.texts)
    metrics: dict[str, Any] = areas(scores.astype(np.float64), rows)
    fraud, harmless = rows.labels == "fraud", np.isin(rows.labels, ("ham", "otp"))
    for language in np.unique(rows.languages):
        here, named = rows.languages == language, scores[:, FRAUD] >= 0.5
        metrics[str(language)] = {
            "fraud": int((fraud & here).sum()),
            "recall": round(float(named[fraud & here].mean()), 4) if (fraud & here).any() else None,
            "harmless": int((harmless & here).sum()),
            "false_rate": round(float(named[harmless & here].mean()), 4) if (harmless & here).any() else None,
        }
    return metrics

"""Trains the text model on labelled messages of several languages; the rows stay where they are.

What is `promo` is not fraud. A source that only says `spam` does not tell the two apart: its rows are shared between
the classes by the model itself, round by round (expectation-maximisation), begun from the sources that do tell.
"""

import csv
import gzip
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from linewatch.models.pretrained import ngrams
from linewatch.models.pretrained.manifest import write_artifact
from linewatch.models.pretrained.text import CLASSES, TextModel, known_share
from linewatch.training.train import anchors

LABELS = {"ham": "ordinary", "promo": "spam", "illegal": "spam", "otp": "otp", "fraud": "fraud", "spam": None}
ROUNDS = 3
ANCHOR_COPIES = 40
PRIOR = {"fraud": 0.05, "spam": 0.1, "otp": 0.05, "ordinary": 0.8}
Rows = list[tuple[str, str | None, str, str]]  # text, class or None, language, source


def read_messages(path: Path) -> Rows:
    """Rows of the labelled set, placeholders and word breaks of the `fbs` source undone."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [
            (
                _undone(row["text"]) if row["source"] == "fbs" else row["text"],
                LABELS[row["label"]],
                row["language"],
                row["source"],
            )
            for row in csv.DictReader(file)
        ]


def _undone(text: str) -> str:
    for mark, filled in (("DIGIT", "58"), ("URL", "http://t.cn/a5"), ("NAME", "某"), ("BANK", "银行")):
        text = text.replace(mark, filled)
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)


def anchor_rows(random: np.random.Generator) -> Rows:
    """The project's own examples, each in many fillings."""
    rows: Rows = []
    for name, patterns in (
        ("fraud", anchors.FRAUD),
        ("spam", anchors.SPAM),
        ("otp", anchors.OTP),
        ("ordinary", anchors.ORDINARY),
    ):
        rows.extend((_filled(pattern, random), name, "en", "anchors") for pattern in patterns for _ in range(ANCHOR_COPIES))
    return rows


def _filled(pattern: str, random: np.random.Generator) -> str:
    def slot(match: re.Match[str]) -> str:
        name = match[1]
        if name in anchors.SLOTS:
            return str(random.choice(anchors.SLOTS[name]))
        digits = "".join(map(str, random.integers(0, 10, 10)))
        letters = "".join(random.choice(list("abcdefghiklmnoprstuvw"), 7))
        end = random.choice(["top", "xyz", "info", "cc", "com", "net", "vip", "ly"])
        made = {
            "url": _bait(random, letters, end) + digits[:3],
            "link": _link(random, digits),
            "amount": f"{random.choice(list('$£€'))}{digits[:3]}.{digits[3:5]}",
        }
        made |= {
            "phone": f"0{digits}",
            "number": digits[:8],
            "code": digits[: random.choice([4, 6])],
            "percent": digits[:2],
        }
        return str(made[name])

    return re.sub(r"\{(\w+)\}", slot, pattern)


def _bait(random: np.random.Generator, letters: str, end: str) -> str:
    """A link of those who deceive: made-up letters, or words that promise safety."""
    words = ("secure", "verify", "update", "billing", "service", "online", "support", "claim-now", "my", "customer")
    host = letters if random.random() < 0.5 else f"{random.choice(words)}-{random.choice(words)}{letters[:3]}"
    return f"{random.choice(['https://', 'http://', ''])}{host}.{end}/"


def _link(random: np.random.Generator, digits: str) -> str:
    """A link of those who have a name to lose."""
    one = random.choice(["green", "metro", "north", "river", "royal", "union", "first", "silver", "city", "post", "you", "maps"])
    two = random.choice(
        ["bank", "energy", "water", "mail", "express", "store", "care", "air", "library", "tube", "photo", "market"]
    )
    end = random.choice(["com", "org", "net", "co.uk", "co.th", "co.id", "co.ke", "gov", "de", "fr"])
    before = random.choice(["", "", "www.", "my.", "track."])
    return (
        f"{random.choice(['https://', 'https://', ''])}{before}{one}{two}.{end}/{random.choice(['t/', 'b/', 'v', ''])}{digits[:6]}"
    )


def _weights(rows: Rows, labels: list[str]) -> NDArray[np.float64]:
    """Each language and class together as heavy as any other, within a factor of the root of its size."""
    keys = [f"{row[2]}|{row[3] == 'anchors'}|{label}" for row, label in zip(rows, labels, strict=True)]
    names, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    del names
    weights = 1.0 / np.sqrt(counts[inverse])
    return weights / weights.mean()


def fit(matrix: Any, rows: Rows, seed: int, progress: Callable[[str], None]) -> LogisticRegression:
    """The model over all rows, those of unknown class shared out."""
    told = np.array([row[1] is not None for row in rows])
    labels = np.array([row[1] or "spam" for row in rows], object)
    model = _fresh(seed)
    progress("rows that say what they are")
    model.fit(matrix[told], labels[told].astype(str), sample_weight=_weights([r for r in rows if r[1]], labels[told].tolist()))
    for turn in range(ROUNDS if (~told).any() else 0):
        progress(f"sharing out what only says spam, round {turn + 1} of {ROUNDS}")
        chances = model.predict_proba(matrix[~told])
        columns = [list(model.classes_).index(name) for name in ("fraud", "spam")]
        fraud = chances[:, columns[0]] / np.maximum(chances[:, columns].sum(axis=1), 1e-9)
        model = _fit_shared(matrix, rows, labels, told, fraud, seed)
    return model


def _fresh(seed: int) -> LogisticRegression:
    return LogisticRegression(C=20.0, max_iter=80, tol=1e-3, random_state=seed)


def _fit_shared(matrix: Any, rows: Rows, labels: Any, told: Any, fraud: Any, seed: int) -> LogisticRegression:
    """Rows of unknown class stand twice, as fraud and as spam, with the weights that add to one."""
    base = _weights(rows, labels.tolist())
    unknown = np.flatnonzero(~told)
    stacked = vstack([matrix[told], matrix[unknown], matrix[unknown]]).tocsr()
    classes = np.concatenate([labels[told], np.full(len(unknown), "fraud"), np.full(len(unknown), "spam")]).astype(str)
    weights = np.concatenate([base[told], base[unknown] * fraud, base[unknown] * (1 - fraud)])
    return _fresh(seed).fit(stacked, classes, sample_weight=weights)


def temperature_of(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The divisor of the logits under which held-out rows are likeliest (Guo et al., ICML 2017)."""

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(labels)), labels]).mean())

    return float(min(np.linspace(0.4, 2.5, 43), key=loss))


def train_text(messages: Path, out: Path, seed: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Train on nine rows in ten, calibrate and measure on the tenth, write the artifact; returns the metrics."""
    random = np.random.default_rng(seed)
    rows = read_messages(messages)
    held = random.random(len(rows)) < 0.1
    train = [row for row, out_of in zip(rows, held, strict=True) if not out_of] + anchor_rows(random)
    test = [row for row, out_of in zip(rows, held, strict=True) if out_of and row[1]]
    progress("n-grams")
    model = fit(ngrams.matrix([row[0] for row in train]), train, seed, progress)
    model.coef_ = np.where(np.abs(model.coef_) < 2e-3, 0.0, model.coef_).astype(np.float16).astype(np.float32)
    model.intercept_ = model.intercept_.astype(np.float32)
    matrix = ngrams.matrix([row[0] for row in test])
    order = [list(model.classes_).index(name) for name in CLASSES]
    truth = np.array([CLASSES.index(str(row[1])) for row in test])
    temperature = temperature_of(model.decision_function(matrix)[:, order], truth)
    quantiles = _even_quantiles(known_share(matrix, model.coef_[order].T), [row[2] for row in test])
    extra = {"temperature": temperature, "familiar_quantiles": quantiles, "unfamiliar_prior": PRIOR}
    data = {
        "sha256": hashlib.sha256(messages.read_bytes()).hexdigest(),
        "rows": len(rows),
        "anchors": len(train) - int((~held).sum()),
    }
    manifest = write_artifact(out, "text", model, ngrams.FEATURES, data, {}, extra)
    metrics = measure(TextModel(model, manifest), test)
    write_artifact(out, "text", model, ngrams.FEATURES, data, metrics, extra)
    return metrics


def _even_quantiles(shares: NDArray[np.float64], languages: list[str]) -> list[float]:
    """Quantiles in which every language counts alike, however many of its rows were held out."""
    names = np.array(languages)
    by_language = [np.quantile(shares[names == name], np.linspace(0, 1, 201)) for name in np.unique(names)]
    return [float(value) for value in np.quantile(np.concatenate(by_language), np.linspace(0, 1, 41))]


def measure(model: TextModel, rows: Rows) -> dict[str, Any]:
    """By language: how much fraud is called so, and how much of the rest, at 0.5; and the area under the curve."""
    scores = model.score([row[0] for row in rows])[:, 0]
    fraud = np.array([row[1] == "fraud" for row in rows])
    metrics: dict[str, Any] = {"auc_fraud": round(float(roc_auc_score(fraud, scores)), 4)}
    for language in sorted({row[2] for row in rows}):
        here = np.array([row[2] == language for row in rows])
        named = scores >= 0.5
        metrics[language] = {
            "fraud": int((fraud & here).sum()),
            "recall": round(float(named[fraud & here].mean()), 4) if (fraud & here).any() else None,
            "other": int((~fraud & here).sum()),
            "false_rate": round(float(named[~fraud & here].mean()), 4) if (~fraud & here).any() else None,
        }
    return metrics

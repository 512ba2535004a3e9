"""How well real subscribers are told from fraud, by repeated nested cross-validation. The protocol stands in `docs/subscribers.md`.

`python -m linewatch.training.evaluate.subscribers DATA` prints the table, with `--write` it goes into that page too.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from linewatch.models.pretrained.subscriber import COLUMNS
from linewatch.training.evaluate.blend import INNER, Blend
from linewatch.training.evaluate.derived import derived
from linewatch.training.evaluate.pages import put_into
from linewatch.training.train.subscriber import (
    BEYOND,
    Floats,
    Forests,
    Labelled,
    best_threshold,
    out_of_fold,
    read_subscribers,
    untold,
)

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "subscribers.md"
OUTER: Final = 5
REPEATS: Final = 3
OUTER_SEED: Final = 1000
INNER_SEED: Final = 2000
MARKS: Final = {"55": (0.9587, 0.921)}
"""Area and macro-F1 to be above, by recipe."""
Labels = NDArray[np.bool_]


class Blended:
    """The blend over some of the columns and what is derived from them."""

    def __init__(self, names: tuple[str, ...], rows: Floats, fraud: Labels, seed: int) -> None:
        self._names = names
        self._blend = Blend(self._seen(rows), fraud, seed)
        self.threshold, self.chosen = self._blend.threshold, self._blend.chosen

    def _seen(self, rows: Floats) -> Floats:
        return derived(rows[:, : len(self._names)], self._names)

    def score(self, rows: Floats) -> Floats:
        """Log-odds of fraud."""
        return self._blend.score(self._seen(rows))


class Shipped:
    """The forests of `linewatch train subscriber`, with a threshold from inner folds."""

    def __init__(self, rows: Floats, fraud: Labels, seed: int) -> None:
        rows = rows[:, : len(COLUMNS)]
        self.chosen: dict[str, Any] = {}
        self.threshold = best_threshold(out_of_fold(rows, fraud, seed, INNER), fraud)
        self._forests = Forests(rows, fraud, seed)

    def score(self, rows: Floats) -> Floats:
        """Probability of fraud."""
        return self._forests.score(rows[:, : len(COLUMNS)])

    def score_untold(self, rows: Floats) -> Floats:
        """The same with handsets and places untold."""
        return self._forests.score(untold(rows[:, : len(COLUMNS)]))

    def score_among(self, rows: Floats) -> Floats:
        """The same with the rows ranked among themselves, frauds included, as an operator's numbers are."""
        return self._forests.score(rows[:, : len(COLUMNS)], rows[:, : len(COLUMNS)])


class Plain:
    """A mean of four of scikit-learn's models over the columns as they are, nothing tuned, called at 0.5."""

    threshold = 0.5

    def __init__(self, columns: int, rows: Floats, fraud: Labels, seed: int) -> None:
        self.chosen: dict[str, Any] = {}
        self._columns = columns
        makers = (RandomForestClassifier, ExtraTreesClassifier, HistGradientBoostingClassifier, GradientBoostingClassifier)
        self._models = [make(random_state=seed).fit(self._seen(rows), fraud) for make in makers]

    def _seen(self, rows: Floats) -> Floats:
        return np.nan_to_num(rows[:, : self._columns], nan=-1.0)

    def score(self, rows: Floats) -> Floats:
        """Probability of fraud."""
        return np.mean([one.predict_proba(self._seen(rows))[:, 1] for one in self._models], axis=0)


RECIPES: Final[dict[str, tuple[str, Callable[[Floats, Labels, int], Any]]]] = {
    "plain": ("all 55 columns, four untuned models", partial(Plain, len(COLUMNS) + len(BEYOND))),
    "plain37": ("the 37 of calls and messages, four untuned models", partial(Plain, len(COLUMNS))),
    "55": ("all 55 columns, blend", lambda rows, fraud, seed: Blended((*COLUMNS, *BEYOND), rows, fraud, seed)),
    "37": ("the 37 of calls and messages, blend", lambda rows, fraud, seed: Blended(COLUMNS, rows, fraud, seed)),
    "ranks": ("ranks of the 37, forests: what ships", Shipped),
}


class Fold(NamedTuple):
    """One outer fold: the figures on rows that nothing was chosen by; of what ships two areas more."""

    recipe: str
    repeat: int
    area: float
    macro_f1: float
    recall: float
    precision: float
    untold: float | None
    among: float | None
    chosen: dict[str, Any]


def folds(data: Labelled, recipe: str, repeat: int, begun: int = 0) -> Iterator[Fold]:
    """Each outer fold of a repeat, from the one on that is numbered `begun`."""
    _, make = RECIPES[recipe]
    outer = StratifiedKFold(OUTER, shuffle=True, random_state=OUTER_SEED + repeat)
    for number, (train, test) in list(enumerate(outer.split(data.rows, data.fraud)))[begun:]:
        model = make(data.rows[train], data.fraud[train], INNER_SEED + 10 * repeat + number)
        fraud, scores = data.fraud[test], model.score(data.rows[test])
        called = scores >= model.threshold
        yield Fold(
            recipe,
            repeat,
            float(roc_auc_score(fraud, scores)),
            float(f1_score(fraud, called, average="macro")),
            float(called[fraud].mean()),
            float(fraud[called].mean()),
            _area(fraud, model, "score_untold", data.rows[test]),
            _area(fraud, model, "score_among", data.rows[test]),
            model.chosen,
        )


def _area(fraud: Labels, model: Any, way: str, rows: Floats) -> float | None:
    return float(roc_auc_score(fraud, getattr(model, way)(rows))) if hasattr(model, way) else None


def table(done: list[Fold]) -> str:
    """In Markdown: the mean over folds and repeats, and how far single repeats and single folds lie apart."""
    lines = [
        "| columns and model | AUC | of repeats; of folds | macro-F1 | of repeats; of folds | recall | precision "
        "| AUC, handsets and places untold | ranked among themselves | marks |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for recipe, (title, _) in RECIPES.items():
        some = [fold for fold in done if fold.recipe == recipe]
        if not some:
            continue
        area, spread = _over_repeats(some, "area")
        macro, macro_spread = _over_repeats(some, "macro_f1")
        recall, precision = (np.mean([getattr(fold, name) for fold in some]) for name in ("recall", "precision"))
        more = (
            "" if getattr(some[0], name) is None else f"{np.mean([getattr(fold, name) for fold in some]):.4f}"
            for name in ("untold", "among")
        )
        figures = f"{area:.4f} | {spread} | {macro:.4f} | {macro_spread} | {recall:.3f} | {precision:.3f} | {' | '.join(more)}"
        lines.append(f"| {title} | {figures} | {_marks(recipe, area, macro)} |")
    return "\n".join(lines)


def _over_repeats(some: list[Fold], name: str) -> tuple[float, str]:
    """The mean over repeats; the lowest and the highest repeat, how many they are, the lowest and the highest fold."""
    repeats = sorted({fold.repeat for fold in some})
    means = [float(np.mean([getattr(fold, name) for fold in some if fold.repeat == repeat])) for repeat in repeats]
    folds_of = [getattr(fold, name) for fold in some]
    return float(np.mean(means)), (
        f"{min(means):.4f} to {max(means):.4f}, {len(repeats)}; {min(folds_of):.3f} to {max(folds_of):.3f}, {len(folds_of)}"
    )


def _marks(recipe: str, area: float, macro: float) -> str:
    if recipe not in MARKS:
        return ""
    wanted_area, wanted_macro = MARKS[recipe]
    said = (
        f"{name} {wanted}: {'reached' if reached > wanted else 'missed'}"
        for name, wanted, reached in (("AUC", wanted_area, area), ("macro-F1", wanted_macro, macro))
    )
    return ", ".join(said)


def measured(data: Labelled, recipes: Sequence[str], repeats: int, kept: Path) -> list[Fold]:
    """All folds, repeat by repeat; those that `kept` has are not run again, the others are added to it, one JSON line each."""
    done = [msgspec.json.decode(line, type=Fold) for line in kept.read_bytes().splitlines()] if kept.is_file() else []
    with kept.open("ab") as file:
        for repeat in range(repeats):
            for recipe in recipes:
                begun = sum((fold.recipe, fold.repeat) == (recipe, repeat) for fold in done)
                for fold in folds(data, recipe, repeat, begun):
                    done.append(fold)
                    file.write(msgspec.json.encode(fold) + b"\n")
                    file.flush()
                    print(f"{recipe}, repeat {repeat}: area {fold.area:.4f}, macro-F1 {fold.macro_f1:.4f}", flush=True)
    return done


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="sichuan.csv.gz, or its folder")
    parser.add_argument("--recipe", choices=RECIPES, action="append", help="one of the rows of the table; all without it")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--kept", type=Path, default=Path("subscribers-folds.jsonl"), help="folds done, so that it can go on")
    parser.add_argument("--write", action="store_true", help=f"put the table into {DOCUMENT.name}")
    arguments = parser.parse_args()
    done = measured(read_subscribers(arguments.data), arguments.recipe or [*RECIPES], arguments.repeats, arguments.kept)
    shown = table(done)
    print(shown)
    if arguments.write:
        put_into(DOCUMENT, "nested", shown)


if __name__ == "__main__":
    main()

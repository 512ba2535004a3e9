"""Training and measuring the subscriber model: on made rows, and nothing is chosen by the rows that report."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from typer.testing import CliRunner

from linewatch.config.errors import UnusableInput
from linewatch.models.pretrained.manifest import read_manifest
from linewatch.models.pretrained.subscriber import COLUMNS, UNTOLD, SubscriberModel, ranked
from linewatch.stream.cli import train
from linewatch.training.evaluate import blend, subscribers
from linewatch.training.evaluate.derived import derived
from linewatch.training.evaluate.pages import put_into
from linewatch.training.train import subscriber
from linewatch.training.train.subscriber import BEYOND, Labelled, best_threshold, read_subscribers, train_subscriber, untold
from made_subscribers import made_subscribers, write_subscribers


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few trees, few folds, the quick kinds."""
    monkeypatch.setattr(subscriber, "TREES", 12)
    monkeypatch.setattr(subscriber, "FOLDS", 3)
    monkeypatch.setattr(subscribers, "OUTER", 2)
    monkeypatch.setattr(blend, "KINDS", {name: blend.KINDS[name] for name in ("regression", "support vectors")})


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    labelled = made_subscribers(50, 1)
    path = write_subscribers(tmp_path, labelled)
    for given in (path, tmp_path):
        found = read_subscribers(given)
        assert np.allclose(found.rows, labelled.rows, equal_nan=True)
        assert found.fraud.tolist() == labelled.fraud.tolist()


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="cannot be read"):
        read_subscribers(tmp_path)
    path = tmp_path / "other.csv.gz"
    path.write_bytes(gzip.compress(b"opposite_count,label\n1,0\n"))
    with pytest.raises(UnusableInput, match="lacks the columns opposite_unique"):
        read_subscribers(path)
    path.write_bytes(b"opposite_count,label\n1,0\n")
    with pytest.raises(UnusableInput, match="cannot be read"):
        read_subscribers(path)


def test_training_writes_a_model_that_finds_what_it_was_taught(tmp_path: Path) -> None:
    write_subscribers(tmp_path, made_subscribers(600, 2))
    metrics = train_subscriber(tmp_path, tmp_path, 1, lambda text: None)
    assert metrics["auc"] > 0.9
    model, unseen = SubscriberModel.load(tmp_path), made_subscribers(400, 3)
    rows = unseen.rows[:, : len(COLUMNS)]
    others = rows[~unseen.fraud]
    for some in (rows, untold(rows)):
        assert roc_auc_score(unseen.fraud, model.chances(ranked(some, others))) > 0.9
    ordinary = model.ordinary_as_high(model.chances(ranked(others, others)))
    assert 0.25 < np.median(ordinary) < 0.75
    assert (model.ordinary_as_high(np.array([0.0, 2.0])) == [1.0, 0.0]).all()


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    write_subscribers(tmp_path, made_subscribers(200, 4))
    for name in ("one", "two"):
        result = CliRunner().invoke(train.app, ["subscriber", str(tmp_path), "--out", str(tmp_path / name), "--seed", "3"])
        assert result.exit_code == 0
    one, two = (read_manifest(tmp_path / name / "subscriber.json") for name in ("one", "two"))
    assert one.data == two.data
    assert one.extra == two.extra
    assert one.data["rows"] == 200


def test_only_what_a_carrier_may_not_know_is_blanked() -> None:
    rows = made_subscribers(20, 5).rows[:, : len(COLUMNS)]
    blank = np.isnan(untold(rows)) & ~np.isnan(rows)
    assert {COLUMNS[place] for place in np.flatnonzero(blank.any(axis=0))} == set(UNTOLD)


def test_a_threshold_is_the_middle_of_those_that_are_as_good() -> None:
    fraud = np.arange(1000) >= 700
    assert 690 < best_threshold(np.arange(1000.0), fraud) < 710


@pytest.mark.parametrize("recipe", list(subscribers.RECIPES))
def test_every_recipe_finds_a_signal_and_none_where_there_is_none(recipe: str) -> None:
    labelled = made_subscribers(400, 6)
    found = list(subscribers.folds(labelled, recipe, 0))
    assert len(found) == 2
    assert min(fold.area for fold in found) > 0.85
    assert min(fold.macro_f1 for fold in found) > 0.75
    shuffled = Labelled(labelled.rows, np.random.default_rng(7).permutation(labelled.fraud))
    assert np.mean([fold.area for fold in subscribers.folds(shuffled, recipe, 0)]) < 0.65


def test_what_was_measured_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled, kept = made_subscribers(200, 11), tmp_path / "folds.jsonl"
    whole = subscribers.measured(labelled, ["ranks"], 2, kept)
    lines = kept.read_bytes().splitlines(keepends=True)
    assert len(lines) == len(whole) == 4
    kept.write_bytes(b"".join(lines[:3]))
    assert subscribers.measured(labelled, ["ranks"], 2, kept) == whole
    monkeypatch.setattr(subscribers, "RECIPES", {"ranks": ("", None)})
    assert subscribers.measured(labelled, ["ranks"], 2, kept) == whole


def test_no_choice_sees_the_rows_that_report() -> None:
    labelled = made_subscribers(300, 8)
    fold = next(subscribers.folds(labelled, "37", 0))
    train_rows, test_rows = next(StratifiedKFold(2, shuffle=True, random_state=1000).split(labelled.rows, labelled.fraud))
    turned = labelled.fraud.copy()
    turned[test_rows] = ~turned[test_rows]
    made = [subscribers.Blended(COLUMNS, labelled.rows[train_rows], fraud[train_rows], 2000) for fraud in (labelled.fraud, turned)]
    assert made[0].threshold == made[1].threshold
    assert made[0].chosen == made[1].chosen == fold.chosen
    assert roc_auc_score(labelled.fraud[test_rows], made[1].score(labelled.rows[test_rows])) == pytest.approx(fold.area)


def test_37_columns_see_nothing_of_the_others() -> None:
    labelled = made_subscribers(200, 9)
    other = labelled.rows.copy()
    other[:, len(COLUMNS) :] = 1.0
    model = subscribers.Blended(COLUMNS, labelled.rows, labelled.fraud, 1)
    assert model.score(labelled.rows).tolist() == model.score(other).tolist()


def test_derived_columns_are_finite_or_missing() -> None:
    rows = made_subscribers(100, 10).rows
    rows[::3, :] = 0.0
    for names in (COLUMNS, (*COLUMNS, *BEYOND)):
        some = derived(rows[:, : len(names)], names)
        assert some.shape[1] > len(names)
        assert not np.isinf(some).any()


def test_the_table_says_what_was_reached(tmp_path: Path) -> None:
    folds = [
        subscribers.Fold("55", repeat, area, 0.90, 0.8, 0.9, None, None, {})
        for repeat, area in ((0, 0.96), (0, 0.98), (1, 0.95), (1, 0.97))
    ]
    shown = subscribers.table(folds)
    assert "| 0.9650 | 0.9600 to 0.9700, 2; 0.950 to 0.980, 4 |" in shown
    assert "AUC 0.9587: reached, macro-F1 0.921: missed" in shown
    document = tmp_path / "page.md"
    document.write_text("before\n<!-- nested: begin -->\nold\n<!-- nested: end -->\nafter\n")
    put_into(document, "nested", shown)
    assert document.read_text() == f"before\n<!-- nested: begin -->\n{shown}\n<!-- nested: end -->\nafter\n"


def test_a_document_without_the_marks_is_left_as_it_is(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("a text", "utf-8")
    with pytest.raises(ValueError, match="no place for this table"):
        put_into(document, "nested", "| a |")
    assert document.read_text("utf-8") == "a text"

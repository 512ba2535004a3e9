"""The project's own example messages: each file is whole, and what is made of it has no slot left."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linewatch.training.evaluate.message_languages import Language, Told, left_out, table
from linewatch.training.train import own_examples
from linewatch.training.train.labelled import columns, joined
from linewatch.training.train.own_examples import COPIES, LABELS, OWN, languages, own_rows
from linewatch.training.train.text import BUCKETS, features_of

FILES = sorted((Path(own_examples.__file__).parent / "examples").glob("*.toml"))
LONG_NUMBER = re.compile(r"\d{9}")


@pytest.fixture(scope="module")
def rows() -> list[own_examples.Row]:
    return own_rows(np.random.default_rng(1))


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_has_all_kinds_no_entry_twice_and_no_telephone_number(file: Path) -> None:
    read = _read(file)
    assert set(read) == {*LABELS, "slots"}
    entries = [entry for name in LABELS for entry in read[name]]
    assert all(len(read[name]) >= 12 for name in LABELS)
    assert [entry for entry, times in Counter(entries).items() if times > 1] == []
    assert [entry for entry in entries if LONG_NUMBER.search(entry)] == []


def test_every_slot_is_filled(rows: list[own_examples.Row]) -> None:
    assert len(FILES) > 20
    assert not [text for text, *_ in rows if "{" in text or "}" in text]
    assert {source for *_, source in rows} == {OWN}
    others = [_read(file) for file in FILES if file.stem != "en"]
    entries = sum(len(read[name]) for read in others for name in LABELS)
    assert len([row for row in rows if row[2] != "en"]) == COPIES * entries


def test_a_language_is_left_out_in_all_its_scripts(rows: list[own_examples.Row]) -> None:
    assert {language for _, _, language, _ in rows} == set(languages())
    without = own_rows(np.random.default_rng(1), without={"zh"})
    assert {language for _, _, language, _ in without} == set(languages()) - {"zh"}


def test_examples_of_other_languages_tell_what_those_of_english_do_not() -> None:
    """On a few languages, and no labelled messages: the sides are as they should be, and what is left out is not learned."""
    own = columns([row for row in own_rows(np.random.default_rng(1)) if row[2] in {"en", "es", "fr", "it"}])
    labelled = own.taken(np.flatnonzero(own.languages == "en"))
    rows = joined(own, labelled._replace(sources=np.full(len(labelled.texts), "labelled")))
    found = list(left_out(rows, features_of(rows.texts).matrix[:, BUCKETS:]))
    assert [one.name for one in found] == ["es", "fr", "it"]
    assert all(one.all_others.area > one.english_alone.area > 0.8 for one in found)


def test_the_table_has_a_mean() -> None:
    shown = table([Language("es", Told(0.8, 0.2), Told(0.9, 0.4)), Language("fr", Told(0.9, 0.4), Told(1.0, 0.8))])
    assert shown.splitlines()[-1] == "| **mean** | 0.850 | 0.30 | 0.950 | 0.60 |"

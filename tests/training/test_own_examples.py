"""The project's own example messages: each file is whole, and what is made of it has no slot left."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linewatch.training.evaluate.message_languages import ASKED, LEARNED, Language, Said, table, told
from linewatch.training.train import own_examples
from linewatch.training.train.labelled import columns
from linewatch.training.train.own_examples import COPIES, LABELS, OWN, own_rows

FILES = sorted((Path(own_examples.__file__).parent / "examples").glob("*.toml"))
LANGUAGES = {file.stem.partition("_")[0] for file in FILES}
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
    assert {language for _, _, language, _ in rows} == LANGUAGES
    without = own_rows(np.random.default_rng(1), without={"zh"})
    assert {language for _, _, language, _ in without} == LANGUAGES - {"zh"}


def test_halves_share_no_example(rows: list[own_examples.Row]) -> None:
    halves = [own_rows(np.random.default_rng(1), part=part) for part in (LEARNED, ASKED)]
    assert sum(map(len, halves)) == len(rows)
    entries = list(own_examples._entries())
    assert not set(entry for _, _, entry, _ in entries[LEARNED]) & set(entry for _, _, entry, _ in entries[ASKED])


def test_what_a_language_has_no_labelled_message_of_is_taught_by_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language whose labelled messages are all fraud, as some sets are: without examples every text in it is called so."""
    entries = [entry for entry in own_examples._entries() if entry[0] in {"en", "ko"}]
    monkeypatch.setattr(own_examples, "_entries", lambda: entries)
    own = columns(own_rows(np.random.default_rng(1), part=LEARNED))
    fraud = own.labels == "fraud"
    labelled = own.taken(np.flatnonzero((own.languages == "en") | fraud))
    labelled = labelled._replace(sources=np.where(labelled.languages == "en", "one", "two"))
    korean = told(labelled, 1)[1]
    assert korean.english_alone.ordinary > 0.3
    assert korean.with_own.ordinary < 0.1
    assert korean.with_own.codes > 0.5


def test_the_table_has_a_mean_without_english() -> None:
    one, other = Said(0.2, 0.4, 0.0), Said(0.6, 0.0, 1.0)
    shown = table([Language("en", other, other), Language("es", one, other), Language("fr", other, other)])
    assert shown.splitlines()[-1] == "| **mean, but English** | 0.40 to 0.60 | 0.20 to 0.00 | 0.50 to 1.00 |"

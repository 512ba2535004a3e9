"""A file that is none of labelled messages is refused by its name, with what to do; none of its texts is said."""

import gzip
from pathlib import Path

import pytest

from linewatch.config.errors import UnusableInput
from linewatch.training.train.labelled import read_messages

HEAD = "text,label,language,source,when\n"
WHOLE = gzip.compress((HEAD + "".join(f"hello {at},ham,en,one,\n" for at in range(2000))).encode())


def test_rows_of_a_file_and_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "messages.csv.gz").write_bytes(WHOLE)
    rows = read_messages(tmp_path)
    assert rows == read_messages(tmp_path / "messages.csv.gz")
    assert rows[1] == ("hello 1", "ham", "en", "one")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (HEAD.encode(), "cannot be read"),
        (WHOLE[:200], "cannot be read"),
        (WHOLE[:100] + b"\xff" * 60 + WHOLE[160:], "cannot be read"),
        (gzip.compress(HEAD.encode() + b"secret \xff,ham,en,one,\n"), "cannot be read"),
        (gzip.compress(b"text,label\nsecret,ham\n"), "lacks the columns language, source"),
        (gzip.compress(HEAD.encode() + b"secret,ham\n"), "line 2: too few columns"),
        (gzip.compress(HEAD.encode() + b"secret,hum,en,one,\n"), "line 2: another label"),
        (gzip.compress(HEAD.encode()), "no lines"),
        (b"", "lacks the columns"),
    ],
    ids=["plain", "cut off", "damaged", "not UTF-8", "few columns", "a short line", "another label", "no line", "empty"],
)
def test_what_is_no_file_of_messages_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "some.csv.gz"
    path.write_bytes(content)
    with pytest.raises(UnusableInput, match=why) as caught:
        read_messages(path)
    assert str(path) in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"none\.csv\.gz cannot be read"):
        read_messages(tmp_path / "none.csv.gz")

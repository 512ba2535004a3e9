"""Files are looked at before the work begins: missing, folder and pipe told apart; no output is an input or another output."""

import os
from pathlib import Path

import pytest

from linewatch.config.errors import UnusableInput
from linewatch.stream.cli.files import check_files, check_outputs, create, make_folder


def test_what_cannot_be_read_is_told_apart(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, said in (("missing", "is not there"), ("", "is a folder"), ("x" * 300, "cannot be read")):
        with pytest.raises(UnusableInput, match=said):
            check_files([tmp_path / name])
    check_files([tmp_path / "pipe"])
    with pytest.raises(UnusableInput, match="read twice"):
        check_files([tmp_path / "pipe"], again=True)


@pytest.mark.parametrize("link", ["itself", "symlink", "hardlink"])
def test_an_output_that_is_an_input_is_refused_by_whatever_name(tmp_path: Path, link: str) -> None:
    records, other = tmp_path / "records.jsonl", tmp_path / "other"
    records.write_bytes(b"{}\n")
    if link == "symlink":
        other.symlink_to(records)
    elif link == "hardlink":
        other.hardlink_to(records)
    output = records if link == "itself" else other
    with pytest.raises(UnusableInput, match=r"--flags .* would write over"):
        check_outputs({"--flags": output}, [records])
    assert records.read_bytes() == b"{}\n"


def test_two_outputs_in_one_file_are_refused_though_it_is_not_there_yet(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="--flags and --warnings both name"):
        check_outputs({"--flags": tmp_path / "same", "--warnings": tmp_path / "." / "same"})
    check_outputs({"--flags": Path("/dev/null"), "--warnings": Path("/dev/null")}, [Path("/dev/null")])


def test_outputs_are_as_they_were_after_they_were_looked_at(tmp_path: Path) -> None:
    kept, pipe = tmp_path / "kept", tmp_path / "pipe"
    kept.write_bytes(b"of last time\n")
    os.mkfifo(pipe)
    check_outputs({"--flags": kept, "--warnings": tmp_path / "new", "--features": pipe, "--dead-letters": None})
    assert kept.read_bytes() == b"of last time\n"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("place", "mend"), [("none/out", "its folder exists"), ("", "name a file in it")])
def test_an_output_that_cannot_be_written_says_what_to_do(tmp_path: Path, place: str, mend: str) -> None:
    with pytest.raises(UnusableInput, match=mend):
        check_outputs({"--flags": tmp_path / place})


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_disk_that_is_full_is_told_whenever_it_shows(size: int) -> None:
    with pytest.raises(UnusableInput, match="/dev/full cannot be written: No space left"), create(Path("/dev/full")) as file:
        file.write(bytes(size))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/none")):
        with pytest.raises(UnusableInput, match="cannot be written"):
            make_folder(path)

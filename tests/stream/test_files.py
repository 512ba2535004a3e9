"""Record files: mixed kinds, several files merged by event time, every ending; dead letters as the contract has them."""

import base64
import gzip
import json
import random
from pathlib import Path

import msgspec
import pytest
import zstandard

from linewatch.config.errors import UnusableInput
from linewatch.stream.cli.main import app
from linewatch.stream.records.files import Block, Line, blocks, kinds_of_lines, lines
from stream_helpers import call

SMS = {"kind": "sms", "record_id": "s1", "sender": "MyBank", "recipient": "+66921000002", "submit_ms": 1_767_250_020_000}
VERDICT = {"kind": "verdict", "record_id": "v1", "number": "+66921000001", "verdict": "fraud", "at_ms": 1, "source": "x"}


def written(path: Path, raws: list[bytes], ending: bytes = b"\n", last: bool = True) -> Path:
    content = ending.join(raws) + (ending if last else b"")
    if path.suffix == ".gz":
        content = gzip.compress(content)
    if path.suffix == ".zst":
        content = zstandard.compress(content)
    path.write_bytes(content)
    return path


def every_line(found: list[Block]) -> list[Line]:
    return [block.line(index) for block in found for index in range(len(block.raws))]


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_blocks_have_the_lines_of_the_file(tmp_path: Path, suffix: str, ending: bytes, last: bool, size: int) -> None:
    raws = [b"" if index % 5 == 3 else b"{%d}" % index for index in range(100)]
    path = written(tmp_path / f"r{suffix}", raws, ending, last)
    wanted = [Line(str(path), number, raw) for number, raw in enumerate(raws, 1) if raw]
    assert every_line(list(blocks([path], size))) == wanted == list(lines([path]))


def test_several_files_are_merged_by_event_time(tmp_path: Path) -> None:
    records = [msgspec.json.encode(call(index)) for index in range(60)]
    paths = [written(tmp_path / f"{part}.jsonl.gz", records[part::3]) for part in range(3)]
    assert [line.raw for line in every_line(list(blocks(paths, 8)))] == records


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(gzip.compress(b"{}\n" * 100_000)[:-20])
    with pytest.raises(UnusableInput, match=r"r\.jsonl\.gz breaks off"):
        list(blocks([path], 4000))


@pytest.mark.parametrize("left_out", [1, 9, 5000])
def test_a_cut_zst_is_named_wherever_the_cut_is(tmp_path: Path, left_out: int) -> None:
    whole = zstandard.compress(random.Random(1).randbytes(20_000).hex().encode())
    path = tmp_path / "r.jsonl.zst"
    for begin in (b"", whole):
        path.write_bytes(begin + whole[:-left_out])
        for read in (lambda: list(blocks([path], 4000)), lambda: list(lines([path]))):
            with pytest.raises(UnusableInput, match=r"r\.jsonl\.zst breaks off"):
                read()


def test_a_zst_may_have_several_frames(tmp_path: Path) -> None:
    skippable = (0x184D2A50).to_bytes(4, "little") + (3).to_bytes(4, "little") + b"any"
    path = tmp_path / "r.jsonl.zst"
    path.write_bytes(zstandard.compress(b"{1}\n{") + skippable + zstandard.compress(b"2}\n"))
    assert [line.raw for line in lines([path])] == [b"{1}", b"{2}"]


@pytest.mark.parametrize("suffix", [".JSONL.GZ", ".Zst"])
def test_compression_is_told_by_the_ending_in_either_case(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"r{suffix.lower()}", [b"{}"])
    assert [line.raw for line in lines([path.rename(tmp_path / f"R{suffix}")])] == [b"{}"]


def test_fields_of_other_kinds_do_not_move_a_line(tmp_path: Path) -> None:
    """A call may have an `at_ms` of the carrier's own, a message a `start_ms`; readers pass over them, whatever they hold."""
    calls = [call(index) for index in range(4)]
    ordered = [calls[0], calls[1] | {"at_ms": 1}, calls[2] | {"submit_ms": "soon"}, calls[3] | {"at_ms": 9e15}]
    sms = SMS | {"submit_ms": calls[3]["start_ms"] + 10**6, "start_ms": 1, "at_ms": 1}
    raws = [msgspec.json.encode(record) for record in [*ordered, sms]]
    paths = [written(tmp_path / f"{part}.jsonl", raws[part::2]) for part in range(2)]
    assert [line.raw for line in lines(paths)] == raws


def test_kinds_are_told_by_the_beginning_or_by_the_whole() -> None:
    raws = [b'{"kind":"call",', b'{"kind": "sms"}', b'{"at_ms":1,"kind":"verdict"}', b'{"kind":"fax"}', b"x"]
    assert kinds_of_lines(raws) == ["call", "sms", "verdict", None, None]


def test_dead_letters_have_the_keys_of_the_contract_and_the_bytes_as_they_came(tmp_path: Path) -> None:
    good = [msgspec.json.encode(record) for record in (call(1), SMS, VERDICT)]
    broken = {
        b"\xff\xfe{": "unreadable",
        b'{"kind":"call","record_id":"x"}': "wrong_type",
        b'{"kind":"fax"}': "kind",
        b'{"kind":"calls"}': "kind",
        b"[1]": "wrong_type",
        msgspec.json.encode(call(2, duration_s=-1)): "impossible",
        msgspec.json.encode(call(3, calling="", called="")): "impossible",
        msgspec.json.encode(call(4, cell="x" * (1 << 20))): "oversized",
    }
    path = written(tmp_path / "r.jsonl", [*good, *broken])
    arguments = ["replay", str(path), "--flags", str(tmp_path / "f"), "--dead-letters", str(tmp_path / "d")]
    app(arguments, standalone_mode=False)
    letters = [json.loads(line) for line in (tmp_path / "d").read_bytes().splitlines()]
    for number, (letter, (raw, reason)) in enumerate(zip(letters, broken.items(), strict=True), 4):
        assert letter == {
            "reason": reason,
            "path": str(path),
            "line": number,
            "version": "1",
            "raw_base64": base64.b64encode(raw).decode(),
        }

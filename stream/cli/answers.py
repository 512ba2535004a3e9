"""Verdicts on their way in: read from files, checked against the policy in force, written to their topic."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from linewatch.config.errors import DoesNotHold, UnusableInput
from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import VerdictSource, policy_from_toml
from linewatch.config.worker import WorkerConfig
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.intake.numbers import NumberPlans
from linewatch.stream.shell import push
from linewatch.stream.shell.topics import Names

AT_ONCE: Final = 10_000
ANY_PARTITION: Final = -1


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A verdict as the contract has it, but for its id; `note` is ours, and readers pass over it.

    `at_ms` is None where nobody said when: then it is when it is written.
    """

    number: str
    verdict: Literal["fraud", "legitimate"]
    at_ms: int | None
    source: str
    fraud_type: str | None = None
    flag_id: str | None = None
    note: str | None = None

    @property
    def record_id(self) -> str:
        """The same for the same answer, so that a file written twice within minutes counts once."""
        parts = [str(value) for value in msgspec.structs.astuple(self)[:6]]
        return f"verdict-{blake2b(chr(31).join(parts).encode('utf-8', 'surrogatepass'), digest_size=12).hexdigest()}"

    def record(self, now_ms: int) -> bytes:
        """The record, as it is written at `now_ms`."""
        at_ms = now_ms if self.at_ms is None else self.at_ms
        fields = msgspec.to_builtins(self) | {"at_ms": at_ms}
        return msgspec.json.encode({"kind": "verdict", "record_id": self.record_id, **fields})


def read_answers(file: Path, source: str) -> list[Answer]:
    """The answers of a file; what a line does not say who said is said by `source`. Raises UnusableInput with the line."""
    answers = []
    for number, fields in _lines(file):
        known = {name: value for name, value in fields.items() if value not in (None, "") and name not in ("kind", "record_id")}
        try:
            answers.append(msgspec.convert({"source": source, "at_ms": None} | known, Answer, strict=False))
        except msgspec.ValidationError as error:
            what = re.sub(r" '[^']*'", "", str(error))  # a value may be a number in the wrong column
            raise UnusableInput(f"{file} line {number}: {what}; `linewatch verdict --help` has the fields") from None
    if not answers:
        raise UnusableInput(f"{file} has no verdict in it")
    return answers


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}") from None
    if file.suffix == ".csv":
        reader = csv.DictReader(text.splitlines(), restkey="more fields than the header has")
        yield from ((reader.line_num, row) for row in reader)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield number, msgspec.json.decode(line, type=dict[str, Any])
            except msgspec.MsgspecError:
                raise UnusableInput(f"{file} line {number} is no JSON object; CSV is known by the ending .csv") from None


def force_of(answers: list[Answer], config: WorkerConfig) -> dict[str, tuple[int, VerdictSource]]:
    """By source how many answers, and what they count; raises UnusableInput where one could not count at all."""
    held = push.standing(config)
    if "policy" not in held or "operator" not in held:
        raise DoesNotHold("no policy is in force: no worker has started on these topics yet; start one with `linewatch worker`")
    known = policy_from_toml(held["policy"].payload.decode()).verdict_sources
    check(answers, known, NumberPlans(operator_from_toml(held["operator"].payload.decode()).country))
    counts = Counter(answer.source for answer in answers)
    return {source: (count, known[source]) for source, count in sorted(counts.items())}


def check(answers: list[Answer], known: dict[str, VerdictSource], plans: NumberPlans) -> None:
    """Raises UnusableInput for an unknown source or type, or an empty number; a number is not repeated in the text."""
    for source in {answer.source for answer in answers}:
        if source not in known:
            names = ", ".join(sorted(known)) or "none"
            raise UnusableInput(f"source {source!r} does not stand in the policy in force and would weigh nothing; known: {names}")
    for fraud_type in {answer.fraud_type for answer in answers} - {None}:
        if fraud_type not in FRAUD_TYPES:
            raise UnusableInput(f"fraud type {fraud_type!r} is none of {', '.join(FRAUD_TYPES)}")
    ids = plans.ids([answer.number for answer in answers])
    if empty := int((ids == 0).sum()):
        raise UnusableInput(f"{empty} of {len(answers)} numbers are empty; give them as +66921234567, short code or sender id")


def write(answers: list[Answer], config: WorkerConfig, now_ms: int) -> None:
    """All of them, acknowledged, as they are written at `now_ms`; those of a number in their order."""
    topic = Names(config.topics.prefix).sources["verdict"]
    for begin in range(0, len(answers), AT_ONCE):
        part = answers[begin : begin + AT_ONCE]
        push.send(config, [(topic, ANY_PARTITION, answer.number.encode(), answer.record(now_ms)) for answer in part])

"""From verdict to text, through the whole replay: what analysts say of senders teaches the texts that others send later.

A script that the shipped model was never shown. On one morning some SIMs deceive, and some people organise something, in texts
that nobody here can read; both are flagged by what they do. They are judged at noon. In the afternoon others follow.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay
from linewatch.training.simulate import texts as known

BEGIN_MS = 1_767_225_600_000
NOON_MS, AFTERNOON_MS = BEGIN_MS + 4 * HOUR_MS, BEGIN_MS + 6 * HOUR_MS
LETTERS = [chr(point) for point in range(0xA984, 0xA9B3)]  # Javanese
Timed = list[tuple[int, dict[str, Any]]]


def words(random: np.random.Generator, count: int) -> list[str]:
    return ["".join(random.choice(LETTERS, size)) for size in random.integers(3, 7, count)]


_random = np.random.default_rng(3)
COMMON, DECEIT, HONEST = words(_random, 40), words(_random, 25), words(_random, 25)


def sentences(own: Sequence[str], random: np.random.Generator, count: int) -> Iterator[str]:
    """Of words that everybody uses, and of those that a few do."""
    for _ in range(count):
        yield " ".join(random.permutation([*random.choice(COMMON, 5), *random.choice(own, 8)]))


def deceit(random: np.random.Generator, count: int) -> Iterator[str]:
    return (f"{text} {random.integers(10**6, 10**7)}" for text in sentences(DECEIT, random, count))


honest = partial(sentences, HONEST)


def numbers(begin: int, count: int) -> list[str]:
    return [f"+6692{begin + index * 7919:07d}" for index in range(count)]


BAD, GOOD = numbers(10_003, 40), numbers(5_010_007, 20)
LATER_BAD, LATER_GOOD = numbers(1_010_009, 20), numbers(6_010_009, 20)


def messages(random: np.random.Generator, senders: Sequence[str], maker: known.Maker, begin_ms: int, each: int = 180) -> Timed:
    """An hour and a half of texts to strangers."""
    found: Timed = []
    for sender in senders:
        times = np.sort(random.integers(0, 3 * HOUR_MS // 2, each)) + begin_ms
        for at, (at_ms, text) in enumerate(zip(times.tolist(), maker(random, each), strict=True)):
            record = {"kind": "sms", "record_id": f"{sender}/{at}", "sender": sender, "submit_ms": at_ms, "text": text}
            found.append((at_ms, record | {"recipient": f"+6681{random.integers(0, 9_999_999):07d}"}))
    return found


@pytest.fixture(scope="module")
def traffic() -> Timed:
    random = np.random.default_rng(5)
    found = messages(random, BAD, deceit, BEGIN_MS) + messages(random, GOOD, honest, BEGIN_MS)
    found += messages(random, LATER_BAD, deceit, AFTERNOON_MS, 50)
    return found + messages(random, LATER_GOOD, honest, AFTERNOON_MS, 50)


class Run(NamedTuple):
    replay: Replay
    flags: list[Flag]
    scores: dict[str, np.ndarray]

    def of(self, senders: Sequence[str]) -> np.ndarray:
        wanted = set(senders)
        return np.array([score for name, score in self.scores.items() if name.split("/")[0] in wanted])

    def flagged(self, senders: Sequence[str], fraud_type: str) -> set[str]:
        return {one.number for one in self.flags if one.fraud_type == fraud_type and one.action != "clear"} & set(senders)


def run(model: TextModel, traffic: Timed, verdicts: Timed, feedback: bool = True) -> Run:
    flags: list[Flag] = []
    scores: dict[str, np.ndarray] = {}
    operator = operator_from_toml('country = "TH"\n')
    number_model = NumberModel.load(FEATURES)
    replay = Replay(shipped_policy(), operator, model, number_model, lambda output, dead: flags.extend(output.flags), feedback)
    replay.intake.fan_out.on_texts = lambda ids, found: scores.update(zip(ids, found, strict=True))
    lines = [record for _, record in sorted(traffic + verdicts, key=lambda line: line[0])]
    replay.hears_every = 500
    replay.run(Line("", at, msgspec.json.encode(line)) for at, line in enumerate(lines, 1))
    return Run(replay, flags, scores)


def judged(senders: Sequence[str], verdict: str, source: str = "analyst", **more: str) -> Timed:
    found: Timed = []
    for at, sender in enumerate(senders):
        at_ms = NOON_MS + at * 10_000
        record = {"kind": "verdict", "record_id": f"v{sender}", "number": sender, "verdict": verdict, "source": source}
        found.append((at_ms, record | more | {"at_ms": at_ms}))
    return found


VERDICTS = [*judged(BAD, "fraud", fraud_type="smishing"), *judged(GOOD, "legitimate")]


@pytest.fixture(scope="module")
def untaught(text_model: TextModel, traffic: Timed) -> Run:
    return run(text_model, traffic, [])


@pytest.fixture(scope="module")
def taught(text_model: TextModel, traffic: Timed) -> Run:
    return run(text_model, traffic, VERDICTS)


def test_without_verdicts_nobody_can_read_it(untaught: Run) -> None:
    """Those who send much in a short time are flagged for that, whatever they write; those who send less are not."""
    assert np.mean([score[4] < 0.1 for score in untaught.scores.values()]) > 0.99
    assert max(score[0] for score in untaught.scores.values()) < 0.5
    assert untaught.flagged(BAD + GOOD, "sms_spam") == set(BAD + GOOD)
    assert not untaught.flagged(LATER_BAD + LATER_GOOD, "sms_spam")
    assert not [flag for flag in untaught.flags if flag.fraud_type == "smishing"]


def test_sixty_verdicts_tell_later_senders_apart(taught: Run) -> None:
    assert taught.replay.intake.texts_learned > 400
    assert (taught.of(LATER_BAD)[:, 0] >= 0.5).mean() > 0.9
    assert (taught.of(LATER_GOOD)[:, 0] >= 0.5).mean() < 0.01
    assert (taught.of(LATER_GOOD)[:, 4] >= 0.1).mean() > 0.9, "it is read, and found harmless"
    assert taught.flagged(LATER_BAD, "smishing") == set(LATER_BAD)
    assert not taught.flagged(LATER_GOOD, "smishing")
    assert not taught.flagged(LATER_GOOD, "sms_spam")


def test_no_verdict_counts_before_it_was_given(taught: Run, untaught: Run) -> None:
    assert np.array_equal(taught.of(BAD + GOOD), untaught.of(BAD + GOOD))


def test_another_run_learns_the_same(text_model: TextModel, traffic: Timed, taught: Run) -> None:
    again = run(text_model, traffic, VERDICTS)
    assert [msgspec.json.encode(flag) for flag in again.flags] == [msgspec.json.encode(flag) for flag in taught.flags]
    assert all(np.array_equal(again.scores[name], score) for name, score in taught.scores.items())


def test_with_feedback_frozen_verdicts_teach_nothing(text_model: TextModel, traffic: Timed, untaught: Run) -> None:
    frozen = run(text_model, traffic, VERDICTS, feedback=False)
    assert frozen.replay.intake.texts_learned == 0
    assert all(np.array_equal(frozen.scores[name], score) for name, score in untaught.scores.items())
    assert not frozen.flagged(LATER_BAD, "smishing")


@pytest.mark.parametrize("source", ["somebody", "partner"])
def test_who_is_not_trusted_teaches_nothing(text_model: TextModel, traffic: Timed, untaught: Run, source: str) -> None:
    """An unknown source, and one whose weight is under the policy's `trusted_weight`."""
    verdicts = judged(BAD, "fraud", source, fraud_type="smishing") + judged(GOOD, "legitimate", source)
    other = run(text_model, traffic, verdicts)
    assert other.replay.intake.texts_learned == 0
    assert all(np.array_equal(other.scores[name], score) for name, score in untaught.scores.items())


def test_a_verdict_of_spam_teaches_what_is_spam(text_model: TextModel, traffic: Timed) -> None:
    other = run(text_model, traffic, judged(BAD, "fraud") + judged(GOOD, "legitimate"))
    later = other.of(LATER_BAD)
    assert (later[:, 1] >= 0.5).mean() > 0.9
    assert later[:, 0].max() < 0.5
    assert other.flagged(LATER_BAD, "sms_spam") == set(LATER_BAD)
    assert not other.flagged(LATER_GOOD, "sms_spam")


@pytest.mark.parametrize("verdict", ["legitimate", "fraud"])
def test_a_trusted_source_gone_bad_is_bounded(text_model: TextModel, verdict: str) -> None:
    """Texts that the shipped model knows are moved no further than the policy says: what is plainly fraud is flagged all the
    same, and what is plainly harmless is not called fraud, were every verdict the wrong one.
    """
    random = np.random.default_rng(9)
    makers = {"fraud": known.ordinary, "legitimate": known.fraud}
    first = messages(random, BAD, makers[verdict], BEGIN_MS)
    chatting, deceiving = LATER_GOOD, LATER_BAD
    later = messages(random, chatting, known.ordinary, AFTERNOON_MS, 50)
    later += messages(random, deceiving, known.fraud, AFTERNOON_MS, 50)
    without = run(text_model, first + later, [])
    wrong = run(text_model, first + later, judged(BAD, verdict))
    assert wrong.replay.intake.texts_learned > 0
    assert wrong.flagged(deceiving, "smishing") == set(deceiving) == without.flagged(deceiving, "smishing")
    assert not wrong.flagged(chatting, "smishing")
    sure = without.of(deceiving)[:, 0] >= 0.9
    assert sure.mean() > 0.5
    assert wrong.of(deceiving)[sure, 0].min() >= 0.5
    assert (wrong.of(chatting)[:, 0] >= 0.5).mean() <= (without.of(chatting)[:, 0] >= 0.5).mean() + 0.01

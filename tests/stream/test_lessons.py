"""Texts are remembered for verdicts that may come: some, for some time, as features alone; a verdict teaches each text once."""

import pickle
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from linewatch.config.operator import Operator
from linewatch.config.policy import Retention, shipped_policy
from linewatch.models.online.snapshot import Judged
from linewatch.models.pretrained.text import TextModel
from linewatch.models.texts.batch import Batch
from linewatch.models.texts.features import rows_of, squeezed
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.intake.intake import Intake
from linewatch.stream.learner.learner import Learner
from linewatch.stream.lessons import remembered
from linewatch.stream.lessons.lessons import FEWEST, Lessons
from linewatch.stream.lessons.remembered import PER_SENDER, Remembered, rows_of_kept
from linewatch.stream.profiles.features import FEATURES

BEGIN_MS = 1_767_225_600_000
FORGET_MS = 72 * HOUR_MS
DECEIT = "Your parcel {} is held, an unpaid fee is due. Pay at https://track-ab3k.top/{} or it will be returned"
UNREAD = "ꦲꦤꦕꦫꦏ ꦢꦠꦱꦮꦭ ꦥꦝꦗꦪꦚ ꦩꦒꦧꦛꦔ {}"
CHAT = "are you coming to the match tonight, mum says bring {}"
THINGS = ("milk", "rice", "the keys", "your jacket", "dinner", "the tickets", "my charger", "the report", "water", "bread")


def see(lessons: Lessons, model: TextModel, texts: Sequence[str], senders: Sequence[int], at_ms: int = BEGIN_MS) -> None:
    batch = Batch(texts)
    scores = model.read(batch, [f"+{sender}" for sender in senders], lessons.reader).scores
    times = np.arange(len(texts), dtype=np.int64) * 1000 + at_ms
    lessons.see(batch, np.array(senders, np.uint64), times, scores)


def said(sender: int, fraud: bool = True, fraud_type: str = "smishing", at_ms: int = BEGIN_MS + HOUR_MS) -> Judged:
    return Judged(sender, fraud_type, fraud, at_ms)


@pytest.fixture
def lessons(text_model: TextModel) -> Lessons:
    return Lessons(text_model.model)


def test_what_is_kept_is_what_the_model_sees() -> None:
    texts, memory = [DECEIT.format(1, "a"), UNREAD.format("ab"), CHAT.format("milk")], Remembered(FORGET_MS)
    memory.take(Batch(texts), range(3), [7] * 3, [BEGIN_MS] * 3)
    kept, rows = rows_of_kept(memory.of(7)), rows_of(squeezed(texts))
    rows.matrix.sum_duplicates()
    assert abs(kept.matrix - rows.matrix).max() < 1e-3
    assert kept.unparted.tolist() == rows.unparted.tolist()


def test_no_text_and_no_word_of_one_is_kept(lessons: Lessons, text_model: TextModel) -> None:
    see(lessons, text_model, [DECEIT.format(at, at) for at in range(6)] + [UNREAD.format("+66812345678")] * 6, [7] * 12)
    assert lessons._remembered.of(7)
    held = pickle.dumps(vars(lessons._remembered))
    for word in ("parcel", "track-ab3k", "fee", "ꦲꦤꦕꦫꦏ", "12345678"):
        assert word.encode() not in held
        assert word.encode("utf-32-le") not in held


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_TEXTS", 50)
    monkeypatch.setattr(remembered, "MOST_CELLS", 20_000)
    monkeypatch.setattr(remembered, "MOST_SENDERS", 30)
    random, memory, letters = np.random.default_rng(1), Remembered(FORGET_MS), list("abcdefghij klmnop")
    for batch in range(40):
        texts = ["".join(random.choice(letters, 60)) for _ in range(20)]
        senders = random.integers(0, 200, 20).tolist()
        memory.take(Batch(texts), range(20), senders, [BEGIN_MS + batch * 1000] * 20)
        assert len(memory._texts) == len(memory._last_ms) <= 50
        assert memory._cells == sum(len(kept.columns) for kept in memory._texts.values()) <= 20_000
        assert len(memory._of) <= 30
        assert max(map(len, memory._of.values())) <= PER_SENDER
        assert memory.of(senders[-1]), "the latest is there"


def test_one_who_writes_much_pushes_out_nobody_else(lessons: Lessons, text_model: TextModel) -> None:
    see(lessons, text_model, [DECEIT.format(at, at) for at in range(4)], [7] * 4)
    many = [DECEIT.format(at, at).replace("fee", f"fee of {thing}") for at, thing in enumerate(THINGS * 20)]
    see(lessons, text_model, many, [8] * 200, BEGIN_MS + HOUR_MS)
    assert len(lessons._remembered.of(7)) == 1
    assert len(lessons._remembered.of(8)) == PER_SENDER


def test_after_72_hours_nothing_is_left(lessons: Lessons, text_model: TextModel) -> None:
    see(lessons, text_model, [DECEIT.format(at, at) for at in range(4)], [7] * 4)
    see(lessons, text_model, ["ok"], [9], BEGIN_MS + FORGET_MS)
    assert lessons._remembered.of(7)
    see(lessons, text_model, ["ok"], [9], BEGIN_MS + FORGET_MS + HOUR_MS)
    assert not lessons._remembered.of(7)
    assert not lessons._remembered._texts
    assert not lessons._remembered._of
    assert lessons._remembered._cells == 0
    lessons.hear([said(7)], 2.0)
    assert lessons.learned == 0


def test_a_policy_that_keeps_texts_for_two_hours_is_kept_to(lessons: Lessons, text_model: TextModel) -> None:
    lessons.keep(2.0)
    see(lessons, text_model, [DECEIT.format(at, at) for at in range(4)], [7] * 4)
    see(lessons, text_model, ["ok"], [9], BEGIN_MS + 2 * HOUR_MS)
    assert lessons._remembered.of(7)
    see(lessons, text_model, ["ok"], [9], BEGIN_MS + 3 * HOUR_MS)
    assert not lessons._remembered.of(7)
    assert not lessons._remembered._texts


def test_the_policys_retention_comes_with_the_learners_snapshot(text_model: TextModel) -> None:
    intake = Intake(Operator(), 1, text_model, feedback=True)
    policy = msgspec.structs.replace(shipped_policy(), retention=Retention(texts_h=5.0))
    intake.hear(Learner(FEATURES, policy).payload())
    assert intake.memories is not None
    campaigns, lessons = intake.memories.campaigns, intake.memories.lessons
    assert lessons is not None
    assert (campaigns._keep_ms, lessons._remembered.keep_ms) == (5 * HOUR_MS, 5 * HOUR_MS)


def test_only_of_senders_of_several_texts(lessons: Lessons, text_model: TextModel) -> None:
    """Nobody else is looked at, and so nobody else is flagged and judged."""
    see(lessons, text_model, [DECEIT.format(at, at) for at in range(FEWEST - 1)], [7] * (FEWEST - 1))
    assert not lessons._remembered.of(7)
    see(lessons, text_model, [DECEIT.format(9, 9)], [7], BEGIN_MS + HOUR_MS)
    assert len(lessons._remembered.of(7)) == 1


def test_of_what_is_harmless_a_share(lessons: Lessons, text_model: TextModel) -> None:
    """So that who chats is hardly in it, and who is judged for what many got has some texts in it."""
    count = 4800
    senders = np.repeat(np.arange(count // 4), 4)
    see(lessons, text_model, [CHAT.format(THINGS[at % 10]) for at in range(count)], senders.tolist())
    busy = count / 2  # the third and the fourth of each
    assert 0.5 * busy / 16 < sum(len(lessons._remembered.of(sender)) for sender in range(count // 4)) < 1.5 * busy / 16


def test_what_cannot_be_read_and_leads_nowhere_likewise(lessons: Lessons, text_model: TextModel) -> None:
    letters = "ꦲꦤꦕꦫꦏꦢꦠꦱꦮꦭꦥꦝꦗꦪꦚꦩꦒꦧꦛꦔ"
    texts = [UNREAD.format(letters[at % 20] + letters[at // 20 % 20]) for at in range(400)]
    see(lessons, text_model, texts, np.repeat(np.arange(100), 4).tolist())
    assert sum(len(lessons._remembered.of(sender)) for sender in range(100)) < 40
    see(lessons, text_model, [text + " call 0812345678" for text in texts], np.repeat(np.arange(100, 200), 4).tolist())
    assert sum(len(lessons._remembered.of(sender)) for sender in range(100, 200)) >= 190


def test_a_verdict_teaches_each_text_once(lessons: Lessons, text_model: TextModel) -> None:
    see(lessons, text_model, [DECEIT.format(at, at) for at in range(9)] + [UNREAD.format("0812345678")] * 3, [7] * 12)
    shipped = lessons.reader
    lessons.hear([said(8)], 2.0)
    assert lessons.learned == 0
    assert lessons.reader is shipped, "a verdict on one whose texts were not read teaches nothing"
    lessons.hear([said(7)], 2.0)
    assert lessons.learned == 2
    reader = lessons.reader
    lessons.hear([said(7)], 2.0)
    assert lessons.learned == 2
    assert lessons.reader is reader, "nothing is new, so that what was read need not be read again"
    lessons.hear([said(7, at_ms=BEGIN_MS + 2 * HOUR_MS)], 2.0)
    assert lessons.learned == 4


def test_a_verdict_on_two_types_is_one(lessons: Lessons, text_model: TextModel) -> None:
    see(lessons, text_model, [DECEIT.format(at, at) for at in range(4)], [7] * 4)
    lessons.hear([said(7, fraud_type="sms_spam"), said(7, fraud_type="smishing")], 2.0)
    assert lessons.learned == 1


def test_a_verdict_on_all_types_teaches_them_whichever_snapshots_bring_its_parts(lessons: Lessons, text_model: TextModel) -> None:
    see(lessons, text_model, [DECEIT.format(at, at) for at in range(4)], [7] * 4)
    for times, fraud_type in ((1, "smishing"), (2, "sms_spam"), (2, "smishing"), (2, "sms_spam")):
        lessons.hear([said(7, fraud_type=fraud_type)], 2.0)
        assert lessons.learned == times


def test_the_same_verdicts_teach_the_same(text_model: TextModel) -> None:
    found = []
    for _ in range(2):
        lessons = Lessons(text_model.model)
        for sender in range(5):
            texts = [DECEIT.format(at, at).replace("fee", f"fee of {thing}") for at, thing in enumerate(THINGS)]
            see(lessons, text_model, texts, [sender] * 10)
        lessons.hear([said(sender, fraud=bool(sender % 2)) for sender in range(5)], 2.0)
        scores = text_model.read(Batch([DECEIT.format(0, 0)]), reader=lessons.reader).scores
        found.append(scores.tolist())
    assert found[0] == found[1]
    assert found[0] != text_model.score([DECEIT.format(0, 0)]).tolist()

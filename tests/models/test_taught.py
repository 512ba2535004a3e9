"""What verdicts taught about texts: as arrays it says what river says, and goes no further than it may."""

from collections.abc import Sequence

import numpy as np
import pytest

from linewatch.models.online.taught import VERDICTS, Taught, Teaching, most_of
from linewatch.models.pretrained.text import UNFAMILIAR, TextModel
from linewatch.models.texts.batch import Batch
from linewatch.models.texts.features import BUCKETS, Rows, rows_of, squeezed

FOREIGN = [
    "ꦲꦤꦕꦫꦏ ꦢꦠꦱꦮꦭ ꦥꦝꦗꦪꦚ ꦩꦒꦧꦛꦔ ꦏꦫꦕꦤꦲ ꦭꦮꦱꦠꦢ",
    "ꦥꦝꦗꦪꦚ ꦩꦒꦧꦛꦔ ꦲꦤꦕꦫꦏ ꦢꦠꦱꦮꦭ ꦔꦛꦧꦒꦩ ꦚꦪꦗꦝꦥ",
]
DECEIT = ["Your parcel is held, an unpaid fee of 2.99 is due. Pay at https://track-ab3k.top/x or it will be returned"]
CHAT = ["are you coming to the match tonight, mum says bring your jacket"]


def rows(texts: Sequence[str]) -> Rows:
    made = rows_of(squeezed(texts))
    made.matrix.sum_duplicates()
    return made


def fraud(taught: Taught, texts: Sequence[str]) -> list[float]:
    chances, _ = taught.chances(rows(texts))
    assert chances.sum(axis=1) == pytest.approx(1.0)
    assert (chances >= 0).all()
    return [round(chance, 6) for chance in chances[:, 0].tolist()]


def logit(chance: float) -> float:
    return float(np.log(chance / (1 - chance)))


def test_before_any_verdict_it_is_the_shipped_model(text_model: TextModel) -> None:
    texts = FOREIGN + DECEIT + CHAT
    chances, familiar = Teaching(text_model.model).taught(2.0).chances(rows(texts))
    shipped, familiar_before = text_model.model.chances(rows(texts))
    assert chances == pytest.approx(shipped, abs=1e-4), "what is surer than `MOST_LOGIT` is taken for that sure"
    assert familiar.tolist() == familiar_before.tolist()


def test_as_arrays_it_says_what_river_says(text_model: TextModel) -> None:
    teaching = Teaching(text_model.model)
    for _ in range(6):
        teaching.learn(rows(FOREIGN[:1] + DECEIT), ["smishing"], True, 1.0, 2.0)
        teaching.learn(rows(CHAT), ["smishing"], False, 0.5, 2.0)
    found = rows(FOREIGN + DECEIT + CHAT)
    shipped, familiar = text_model.model.chances(found)
    model, most = teaching._models[0], most_of(familiar, 2.0)
    chances, usable = teaching.taught(2.0).chances(found)
    for row in range(len(shipped)):
        part = slice(found.matrix.indptr[row], found.matrix.indptr[row + 1])
        columns, values = found.matrix.indices[part].tolist(), found.matrix.data[part].tolist()
        told = model.chance(columns, values, float(shipped[row, 0]), float(most[row]))
        assert chances[row, 0] == pytest.approx(told if usable[row] >= UNFAMILIAR else shipped[row, 0], abs=1e-5)


def test_what_nobody_can_read_is_judged_once_several_verdicts_met_it(text_model: TextModel) -> None:
    teaching = Teaching(text_model.model)
    for verdict in range(1, VERDICTS + 3):
        assert teaching.learn(rows(FOREIGN[:1] * 8), ["smishing"], True, 1.0, 2.0) == 8
        (chance,), familiar = fraud(teaching.taught(2.0), FOREIGN[:1]), teaching.taught(2.0).chances(rows(FOREIGN[:1]))[1]
        assert (familiar[0] >= UNFAMILIAR) == (verdict >= VERDICTS)
        assert chance < 0.5 or verdict >= VERDICTS, "one mistaken verdict, on however many texts, is not enough"
    assert chance > 0.9


@pytest.mark.parametrize(("texts", "is_fraud"), [(DECEIT, False), (CHAT, True)])
@pytest.mark.parametrize("most_logit", [0.0, 1.0, 2.0])
def test_what_the_shipped_model_knows_is_moved_no_further_than_the_policy_says(
    text_model: TextModel, texts: list[str], is_fraud: bool, most_logit: float
) -> None:
    teaching = Teaching(text_model.model)
    for _ in range(200):
        teaching.learn(rows(texts), ["smishing"], is_fraud, 1.0, most_logit)
    shipped = float(text_model.model.chances(rows(texts))[0][0, 0])
    (chance,) = fraud(teaching.taught(most_logit), texts)
    moved = logit(chance) - logit(shipped)
    assert abs(moved) <= most_logit + 1e-3
    assert is_fraud or most_logit == 0 or moved < -0.5 * most_logit


def test_who_deceives_also_chats(text_model: TextModel) -> None:
    """Fraud teaches nothing of texts that are read and harmless; legitimate teaches all."""
    teaching = Teaching(text_model.model)
    assert teaching.learn(rows(DECEIT + CHAT), ["smishing"], True, 1.0, 2.0) == 1
    assert teaching.learn(rows(DECEIT + CHAT), ["smishing"], False, 1.0, 2.0) == 2


def test_whoever_sends_no_spam_does_not_deceive_either(text_model: TextModel) -> None:
    teaching = Teaching(text_model.model)
    heard = lambda: [model.heard for model in teaching._models]  # noqa: E731
    teaching.learn(rows(FOREIGN), ["sms_spam"], False, 1.0, 2.0)
    assert heard() == [2, 2]
    teaching.learn(rows(FOREIGN), ["smishing"], False, 1.0, 2.0)
    assert heard() == [4, 2]
    teaching.learn(rows(FOREIGN), ["sms_spam"], True, 1.0, 2.0)
    assert heard() == [4, 4]
    teaching.learn(rows(FOREIGN), ["sms_spam", "smishing"], True, 1.0, 2.0)
    assert heard() == [6, 6]


def test_a_score_does_not_outlive_what_made_it(text_model: TextModel) -> None:
    """Templates cost no model again until more is taught, and then they do."""
    teaching, text = Teaching(text_model.model), FOREIGN[0]
    before = text_model.score([text])
    for _ in range(VERDICTS + 2):
        teaching.learn(rows([text]), ["smishing"], True, 1.0, 2.0)
    reader = teaching.taught(2.0)
    scores = text_model.read(Batch([text] * 2), reader=reader).scores
    assert scores[0, 0] > before[0, 0]
    asked = []
    chances = reader.chances
    reader.chances = lambda found: asked.append(1) or chances(found)  # type: ignore[func-returns-value, method-assign]
    again = text_model.read(Batch([text]), reader=reader).scores
    assert not asked
    assert again.tolist() == scores[:1].tolist()
    assert text_model.score([text]).tolist() == before.tolist(), "the shipped model is as it was"


def test_rows_alone_and_together(text_model: TextModel) -> None:
    teaching = Teaching(text_model.model)
    for _ in range(4):
        teaching.learn(rows(FOREIGN + DECEIT), ["smishing"], True, 1.0, 2.0)
    taught, texts = teaching.taught(2.0), FOREIGN + DECEIT + CHAT
    together = fraud(taught, texts)
    assert together == [fraud(taught, [text])[0] for text in texts]
    assert teaching._met.max() == VERDICTS
    assert len(teaching._met) == BUCKETS

"""The pre-trained models: a row's or a text's score is its own, whatever stands beside it in the batch."""

import numpy as np
import pytest

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import CLASSES, UNFAMILIAR, TextModel
from linewatch.stream.profiles.features import FEATURES

TEXTS = (
    "see you at the station at six",
    "Your verification code is 402913. Do not share it.",
    "Your parcel is held, pay the unpaid fee at https://secure-ab3k.top/a or it goes back",
    "30% off all shoes this weekend, reply STOP to opt out",
    "พัสดุของคุณส่งถึงแล้ว ขอบคุณค่ะ",
    "",
    "\ud800 lone surrogate",
    "x" * 20_000,
    "\x00\x01\n\t",
)


def test_chances_add_to_one(text_model: TextModel) -> None:
    scores = text_model.score(TEXTS)
    assert scores.shape == (len(TEXTS), len(CLASSES) + 1)
    assert np.allclose(scores[:, :4].sum(axis=1), 1.0, atol=1e-5)
    assert np.isfinite(scores).all()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_texts_score_alike_alone_together_and_again() -> None:
    together = TextModel.load().score(TEXTS)
    alone = TextModel.load()
    for index, text in enumerate(TEXTS):
        assert alone.score([text])[0].tolist() == together[index].tolist()
    assert alone.score(TEXTS[::-1]).tolist() == together[::-1].tolist()
    assert TextModel.load().score([]).shape == (0, 5)


def test_plain_cases(text_model: TextModel) -> None:
    scores = text_model.score(TEXTS[:4])
    assert [CLASSES[place] for place in scores[:, :4].argmax(axis=1)] == ["ordinary", "otp", "fraud", "spam"]


@pytest.mark.parametrize("count", [1, 7, 400])
def test_rows_score_alike_alone_and_together(count: int) -> None:
    model = NumberModel.load(FEATURES)
    rows = np.random.default_rng(count).gamma(0.5, 3.0, (count, len(FEATURES))).astype(np.float32)
    together = model.logits(rows)
    assert together.shape == (count, len(FRAUD_TYPES))
    assert np.isfinite(together).all()
    for index in range(0, count, 13):
        assert model.logits(rows[index : index + 1])[0].tolist() == together[index].tolist()


def test_a_campaigns_copies_cost_no_model(text_model: TextModel, monkeypatch: pytest.MonkeyPatch) -> None:
    text_model.score(["Pay the fee of 10.50 at https://ab3k.top/x now"])
    monkeypatch.setattr(text_model, "_score", None)
    copies = text_model.score([f"Pay the fee of {n}.{n} at https://ab3k.top/{n:x} now" for n in range(10, 99)])
    assert (copies == copies[0]).all()


def test_who_sends_moves_what_is_thought_of_a_text(text_model: TextModel) -> None:
    text = "Dear customer, your bank card is blocked, confirm it with our officer"
    unknown, number, short = text_model.score([text] * 3, ["", "+66812345678", "1669"])
    assert number[0] > unknown[0]
    assert short.tolist() == unknown.tolist()
    assert number[:4].sum() == pytest.approx(1.0, abs=1e-5)


def test_a_text_like_none_is_unfamiliar_and_not_called_fraud(text_model: TextModel) -> None:
    scores = text_model.score(["ꦲꦤꦕꦫꦏꦢꦠꦱꦮꦭ ꦥꦝꦗꦪꦚꦩꦒꦧꦛꦔ", "see you at the station at six"])
    assert scores[0, 4] < UNFAMILIAR < scores[1, 4]
    assert scores[0, 0] < 0.5


def test_scores_stay_when_the_memory_of_templates_begins_anew() -> None:
    texts = [f"your code is {n} {'abcdefghij'[n % 10] * (1 + n // 10)}" for n in range(60)]
    whole = TextModel.load().score(texts)
    small = TextModel.load(memory=16)
    pieces = np.concatenate([small.score(texts[begin : begin + 20]) for begin in range(0, 60, 20)])
    assert np.allclose(pieces, whole, atol=1e-6)
    assert np.array_equal(small.score(texts[40:]), pieces[40:])

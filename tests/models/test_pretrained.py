"""The pre-trained models: a row's or a text's score is its own, whatever stands beside it in the batch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.ngrams import matrix, template
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import CLASSES, TextModel
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


@given(st.text(alphabet=st.sampled_from(list("019 ./-$:aZ²٣é๓https")), max_size=60), st.integers(1, 9))
def test_texts_of_one_template_have_one_row_of_features(text: str, digit: int) -> None:
    other = "".join(str(digit) if c in "0123456789" else c for c in text)
    assert template(text) == template(other)
    rows = matrix([text, other]).toarray()
    assert np.array_equal(rows[0], rows[1])


def test_scores_stay_when_the_memory_of_templates_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"your code is {n} {'abcdefghij'[n % 10] * (1 + n // 10)}" for n in range(60)]
    whole = TextModel.load().score(texts)
    monkeypatch.setattr("linewatch.models.pretrained.text._KNOWN_TEMPLATES", 16)
    small = TextModel.load()
    pieces = np.concatenate([small.score(texts[begin : begin + 20]) for begin in range(0, 60, 20)])
    assert np.allclose(pieces, whole, atol=1e-6)
    assert np.array_equal(small.score(texts[40:]), pieces[40:])

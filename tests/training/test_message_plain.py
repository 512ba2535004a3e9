"""A plain model and the shipped one are asked the same questions, by labels alone."""

import numpy as np

from linewatch.training.evaluate.message_plain import QUESTIONS, Scores, area, plain, shipped, table
from linewatch.training.train.labelled import columns

ROWS = columns(
    [(f"your parcel {at} is held, pay the fee now", "fraud", "en", "one") for at in range(20)]
    + [(f"claim prize {at} today", "spam", "en", "one") for at in range(20)]
    + [(f"half price on shoes {at} percent", "promo", "en", "two") for at in range(20)]
    + [(f"see you at {at} then", "ham", "en", "two") for at in range(20)]
)


def test_each_question_is_asked_of_the_rows_that_it_names() -> None:
    unwanted = np.where(np.isin(ROWS.labels, ("fraud", "spam")), 1.0, 0.0)
    scores = Scores("made", -unwanted, unwanted)
    assert area(scores, ROWS, ("fraud",), ("ham",)) == 0.0, "by its score of fraud"
    assert area(scores, ROWS, ("fraud", "spam"), ("ham", "promo")) == 1.0, "by its score of what is unwanted"
    assert area(scores, ROWS, ("fraud", "spam", "promo"), ("ham",)) == 0.5 * (1 + 2 / 3)


def test_both_models_answer_all_of_them() -> None:
    shown = table([plain(ROWS, ROWS), *shipped(ROWS)], ROWS).splitlines()
    assert len(shown) == 2 + len(QUESTIONS)
    assert {line.count("|") for line in shown} == {7}
    assert shown[5].startswith("| fraud, spam, illegal | 40 | ham, otp, promo | 1.0000 |"), "it learned these rows"

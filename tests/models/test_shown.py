"""What a text shows is told by its links and by what it speaks of, and never by its words."""

import numpy as np
import pytest

from linewatch.models.pretrained.text import TextModel
from linewatch.models.texts.batch import Batch
from linewatch.models.texts.shown import SAID


def shows(text: str) -> str:
    return SAID[Batch([text]).make(np.array([0])).shown(np.ones(1, np.bool_))[0]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PayPal: sign in at https://paypa1-security.top/x", "a link imitates a known name's domain"),
        ("Please reply with your password to keep the mailbox", "asks to reply with a password or personal details"),
        ("We need your password and card number today", "asks for a password or personal details"),
        ("Open http://185.22.3.4/login now", "a link leads to a bare network address"),
        ("Your parcel waits, pay at https://abc-track.com/p", "asks a fee for a parcel"),
        ("You have won the lottery", "promises a prize"),
        ("Look here bit.ly/3xyzab", "a link hides behind a shortener"),
        ("see you at the station at six", ""),
    ],
)
def test_what_a_text_shows(text: str, said: str) -> None:
    assert shows(text) == said


def test_who_warns_of_those_who_ask_does_not_ask() -> None:
    assert "password" not in shows("Your code is 123456. Never share your password or this code with anyone.")


def test_the_model_says_it_of_doubtful_texts_and_of_their_copies(text_model: TextModel) -> None:
    copies = [f"PayPal: your account is limited. Confirm now: https://paypa1-security.top/{n}" for n in (12, 34)]
    shown = text_model.read(Batch([*copies, "see you at the station at six", copies[0]])).shown.tolist()
    assert [SAID[code] for code in shown] == [
        *["a link imitates a known name's domain"] * 2,
        "",
        "a link imitates a known name's domain",
    ]


def test_the_codes_fit_the_sighting() -> None:
    assert len(SAID) <= 16
    assert len(set(SAID)) == len(SAID)

"""Campaigns are found whole, however many numbers send them and however their texts are varied; services are not."""

import itertools
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import Reading, TextModel
from linewatch.models.texts.batch import Batch
from linewatch.models.texts.fingerprint import fingerprints, likest
from linewatch.models.texts.fold import LONGEST, fold
from linewatch.models.texts.links import is_own
from linewatch.stream.campaigns import campaigns as campaigns_module
from linewatch.stream.campaigns.campaigns import Bad, Campaign, Campaigns, Heard, Message
from linewatch.stream.campaigns.entities import entities, leads_somewhere
from linewatch.stream.decision.flag import Flag
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.columns import HASHED
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay
from linewatch.training.simulate import texts

_FRAUD = (
    ("Dear customer,", "Hello,", "Notice:", "Attention,"),
    ("your parcel 4711 is held at our depot", "your package 8 is being held at our depot", "the parcel 12 is held at our depot"),
    ("because the postage of 2.99 was not paid.", "as postage of 1.50 was not paid.", "because postage 3.10 is not paid."),
    ("Pay today at https://fast-{host}.top/{tail}", "Please pay today at https://fast-{host}.top/{tail}"),
    ("or it will be returned to the sender.", "or it goes back to the sender.", "or it will be sent back to the sender."),
)
_START_MS = 1_700_000_000_000


def paraphrases(random: np.random.Generator, count: int, host: str = "x7b2") -> list[str]:
    parts = random.integers(0, 12, (count, len(_FRAUD)))
    return [
        " ".join(choices[pick % len(choices)] for choices, pick in zip(_FRAUD, row, strict=True)).format(host=host, tail=f"{at:x}")
        for at, row in enumerate(parts.tolist())
    ]


class Said(NamedTuple):
    """A message with its text."""

    text: str
    sender: str
    recipient: str
    event_ms: int
    fraud: float
    familiar: float


def sent(model: TextModel, bodies: list[str], senders: list[str], recipients: list[str], step_ms: int = 8000) -> list[Said]:
    scores = model.score(bodies, senders)
    return [
        Said(body, sender, recipient, _START_MS + at * step_ms, float(score[0]), float(score[4]))
        for at, (body, sender, recipient, score) in enumerate(zip(bodies, senders, recipients, scores, strict=True))
    ]


def numbers(random: np.random.Generator, count: int) -> list[str]:
    return [f"+6681{number:07d}" for number in random.choice(10_000_000, count, replace=False).tolist()]


def entity(name: str) -> int:
    return int(name[1:]) if name[0] == "+" else HASHED + crc32(name.encode())


def entities_of(names: Iterable[str]) -> NDArray[np.uint64]:
    return np.array([entity(name) for name in names], np.uint64)


def taken(campaigns: Campaigns, said: list[Said]) -> list[Bad | None]:
    messages = [Message(place, entity(one.sender), entity(one.recipient), *one[3:]) for place, one in enumerate(said)]
    return campaigns.take(Batch([one.text for one in said]), messages)


def judged(campaigns: Campaigns, said: list[Said], batch: int = 64) -> list[str | None]:
    found = [bad for at in range(0, len(said), batch) for bad in taken(campaigns, said[at : at + batch])]
    return [bad and bad.fraud_type for bad in found]


def test_200_sims_with_5_paraphrased_messages_each_are_one_campaign(text_model: TextModel) -> None:
    random = np.random.default_rng(1)
    sims = numbers(random, 200)
    senders = random.permutation(sims * 5).tolist()
    campaign = sent(text_model, paraphrases(random, 1000), senders, numbers(random, 1000))
    chat = sent(text_model, list(texts.ordinary(random, 4000)), numbers(random, 4000), numbers(random, 4000), step_ms=2000)
    messages = sorted(campaign + chat, key=lambda message: message.event_ms)
    found = Campaigns()
    named = [message for message, bad in zip(messages, judged(found, messages), strict=True) if bad == "smishing"]
    assert {message.sender for message in named} == set(sims)
    assert named[0].event_ms - _START_MS < 5 * 60_000
    biggest = max(found.campaigns.values(), key=lambda one: one.messages)
    assert biggest.numbers == 200
    assert biggest.messages == 1000
    assert abs(biggest.recipients.count() - 1000) < 60


def test_cutting_into_batches_changes_nothing(text_model: TextModel) -> None:
    random = np.random.default_rng(2)
    bodies = paraphrases(random, 300)
    messages = sent(text_model, bodies, random.permutation(numbers(random, 60) * 5).tolist(), numbers(random, 300))
    whole = judged(Campaigns(), messages, 300)
    assert "smishing" in whole
    assert judged(Campaigns(), messages, 1) == whole == judged(Campaigns(), messages, 7)


@pytest.mark.parametrize("maker", [texts.otp, texts.promo, texts.notice, texts.delivery, texts.invitation])
def test_services_and_invitations_are_no_campaign(text_model: TextModel, maker: texts.Maker) -> None:
    random = np.random.default_rng(3)
    senders = list(itertools.islice(itertools.cycle(["SERVICE", "1669", "+66200000001"]), 1500))
    messages = sent(text_model, list(maker(random, 1500)), senders, numbers(random, 1500), 500)
    assert not any(judged(Campaigns(), messages))


def test_greetings_of_everybody_at_midnight_are_no_campaign(text_model: TextModel) -> None:
    random = np.random.default_rng(4)
    greetings = ["Happy new year to you and all your family, health and joy!", "Happy New Year to you and your family! Joy"]
    bodies = [greetings[pick] for pick in random.integers(0, 2, 3000)]
    messages = sent(text_model, bodies, numbers(random, 3000), numbers(random, 3000), 20)
    assert not any(judged(Campaigns(), messages))


def test_a_text_nobody_can_read_from_many_numbers_that_leads_somewhere_is_spam() -> None:
    random = np.random.default_rng(8)
    body = "ꦲꦤꦕꦫꦏ ꦢꦠꦱꦮꦭ ꦥꦝꦗꦪꦚ ꦩꦒꦧꦛꦔ ꦲꦤꦕꦫꦏ ꦢꦠꦱꦮꦭ"
    rows = zip(numbers(random, 60) * 3, numbers(random, 180), strict=True)
    plain = [Said(body, one, other, _START_MS + at * 1000, 0.1, 0.0) for at, (one, other) in enumerate(rows)]
    assert not any(judged(Campaigns(), plain))
    leading = [message._replace(text=f"{body} https://q{at % 7}.example.top/a") for at, message in enumerate(plain)]
    assert judged(Campaigns(), leading)[-1] == "sms_spam"


def chain_letter(random: np.random.Generator, senders: list[str], step: int) -> list[Said]:
    """In a tongue that nobody here reads, with a link."""
    body = f"ꦲꦤꦕꦫꦏ ꦢꦠꦱꦮꦭ ꦥꦝꦗꦪꦚ ꦩꦒꦧꦛꦔ ꦲꦤꦕꦫꦏ ꦢꦠꦱꦮꦭ https://q{step}.example.top/a"
    rows = enumerate(zip(senders, numbers(random, len(senders)), strict=True))
    return [Said(body, one, other, _START_MS + (1000 * step + at) * 1000, 0.1, 0.0) for at, (one, other) in rows]


@pytest.mark.parametrize(("share", "bad"), [(0.02, "sms_spam"), (0.4, None)])
def test_what_people_answer_is_no_spam(share: float, bad: str | None) -> None:
    random, found = np.random.default_rng(14), Campaigns()
    said = chain_letter(random, numbers(random, 60) * 3, 0)
    assert judged(found, said[:150])[-1] == "sms_spam"
    answering = said[: int(150 * share)]
    found.answer(entities_of(one.recipient for one in answering), entities_of(one.sender for one in answering))
    found.answer(entities_of(numbers(random, 150)), entities_of(one.sender for one in said[:150]))  # who never got it
    assert judged(found, said[150:])[-1] == bad


def test_an_answer_is_a_call_or_a_message_to_whom_it_came_from(text_model: TextModel) -> None:
    random = np.random.default_rng(15)
    senders, recipients = numbers(random, 8) * 5, numbers(random, 40)
    text = "Dear customer, your parcel {} is held at our depot, pay the postage at https://fast-x7b2.top/{}"
    lines: list[dict[str, object]] = [
        {"kind": "sms", "record_id": f"m{at}", "sender": one, "recipient": other, "submit_ms": _START_MS + at * 9000}
        | {"text": text.format(at, at)}
        for at, (one, other) in enumerate(zip(senders, recipients, strict=True))
    ]
    for at, (one, other) in enumerate(zip(recipients[:9], senders, strict=False)):
        call = {"kind": "call", "record_id": f"c{at}", "calling": one, "called": other, "start_ms": _START_MS + 400_000 + at}
        sms = {"kind": "sms", "record_id": f"c{at}", "sender": one, "recipient": other, "submit_ms": _START_MS + 400_000 + at}
        lines.append(sms | {"text": "who is this"} if at % 2 else call | {"duration_s": 9})
    replay = Replay(shipped_policy(), Operator(), text_model, None, lambda output, dead: None, feedback=True)
    replay.run(Line("", at, msgspec.json.encode(line)) for at, line in enumerate(lines, 1))
    assert replay.intake.memories is not None
    (campaign,) = [one for one in replay.intake.memories.campaigns.campaigns.values() if one.messages > 30]
    assert (campaign.recipients.count(), campaign.answering.count()) == (40, 9)


def test_who_is_watched_for_answers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns_module, "_MOST_WATCHED", 64)
    random, found = np.random.default_rng(16), Campaigns()
    for step in range(12):
        said = chain_letter(random, numbers(random, 20), step)
        judged(found, said)
        assert len(found._of_sender) <= 64
        assert {entity(one.sender) for one in said} <= found._of_sender.keys()
        assert found._watched.sum() <= 64


def test_a_link_taints_the_next_text_that_uses_it(text_model: TextModel) -> None:
    random = np.random.default_rng(5)
    found, untainted = Campaigns(), Campaigns()
    first = sent(text_model, paraphrases(random, 40), numbers(random, 40), numbers(random, 40))
    assert judged(found, first) == judged(untainted, first)
    body = "Winner! Your number was drawn, claim the prize of 5000 now: https://fast-x7b2.top/win"
    (message,) = sent(text_model, [body], ["+66899999991"], ["+66811"])
    later = message._replace(event_ms=_START_MS + 3_600_000)
    assert judged(found, [later]) == ["smishing"]
    assert judged(untainted, [later._replace(text=body.replace("x7b2", "a1c3"))]) == [None]
    assert judged(Campaigns(), [later]) == [None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pay at https://A-b.top/x?1", {"a-b.top"}),
        ("see https://www.paypal.com/x", set()),
        ("see https://bit.ly/3xK", {"bit.ly/3xk"}),
        ("call +66 81-234-5678 now, ref 12345", {"66812345678"}),
        ("paid 1,250,000.00 on 12/03/2024", set()),
    ],
)
def test_what_texts_lead_to(text: str, expected: set[str]) -> None:
    assert entities(text) == expected


def test_as_much_is_looked_at_as_of_a_template() -> None:
    long = "pay at https://a-b.top/x " + "x" * LONGEST + " or at https://c-d.top/x or call 081-234-5678"
    assert entities(long) == {"a-b.top"}
    assert leads_somewhere(long)
    assert not leads_somewhere(long[24:])


@pytest.mark.timeout(60)
def test_a_host_of_a_million_labels_costs_no_more_than_reading_it() -> None:
    host = "a." * (1 << 19)
    assert is_own(f"{host}paypal.com")
    assert not is_own(f"{host}example.top")
    assert entities(f"see http://{host}example.top")


def test_similarity_estimates_jaccard() -> None:
    random = np.random.default_rng(7)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    errors = []
    for share in (0.2, 0.5, 0.8, 1.0):
        one = "".join(random.choice(letters, 200))
        other = one[: int(200 * share)] + "".join(random.choice(letters, 200 - int(200 * share)))
        grams = [{text[at : at + 5] for at in range(196)} for text in (one, other)]
        made = fingerprints(fold([one, other]))
        errors.append(likest(made.signature[0], made.signature[1:]) - len(grams[0] & grams[1]) / len(grams[0] | grams[1]))
    assert np.abs(errors).max() < 0.25
    assert errors[-1] == 0.0


class Unsure:
    """A text model that cannot tell."""

    def read(self, batch: Batch, senders: list[str] | None = None, reader: None = None) -> Reading:
        scores = np.tile(np.array([0.52, 0.08, 0.0, 0.4, 0.9], np.float32), (len(batch.texts), 1))
        return Reading(scores, np.zeros(len(scores), np.uint8))


@pytest.mark.parametrize("feedback", [False, True])
def test_what_one_text_leaves_open_the_campaign_says(feedback: bool) -> None:
    random = np.random.default_rng(9)
    sims = numbers(random, 80)
    rows = zip(paraphrases(random, 480), random.permutation(sims * 6).tolist(), numbers(random, 480), strict=True)
    lines = [
        {"kind": "sms", "record_id": f"r{at}", "sender": one, "recipient": other, "submit_ms": _START_MS + at * 9000, "text": body}
        for at, (body, one, other) in enumerate(rows)
    ]
    flags: list[Flag] = []
    model = NumberModel.load(FEATURES)
    replay = Replay(shipped_policy(), Operator(), Unsure(), model, lambda output, dead: flags.extend(output.flags), feedback)  # type: ignore[arg-type]  # no TextModel, but reads as one
    replay.run(Line("", at, msgspec.json.encode(line)) for at, line in enumerate(lines, 1))
    flagged = {flag.number for flag in flags if flag.fraud_type == "smishing" and flag.action != "clear"}
    assert len(flagged & set(sims)) > 70 if feedback else not flagged
    said = [flag.reasons[0] for flag in flags if flag.action != "clear"]
    assert all(reason["code"] == "campaign" for reason in said)
    assert all(
        re.fullmatch(r"same text from \d+ numbers in (less than an hour|an hour|\d+ hours)", reason["text"]) for reason in said
    )
    assert not said or max(reason["value"] for reason in said) > 40


def test_a_reason_says_what_the_text_shows_and_not_the_text(score: Callable[..., Any]) -> None:
    lines = [
        {
            "kind": "sms",
            "record_id": f"r{at}",
            "sender": "+66921110000",
            "recipient": f"+6692{2_000_000 + at * 7919}",
            "submit_ms": _START_MS + at * 20_000,
            "text": f"PayPal: your account is limited. Confirm now: https://paypa1-security.top/{at}",
        }
        for at in range(40)
    ]
    flags, _ = score(lines)
    (first, *_) = [flag for flag in flags if flag.fraud_type == "smishing"]
    assert {"code": "text_shows", "value": 1.0, "threshold": 0.5, "text": "a link imitates a known name's domain"} in first.reasons
    assert not any("paypa" in reason["text"].lower() for flag in flags for reason in flag.reasons)
    bare = [{name: value for name, value in line.items() if name != "text"} for line in lines]
    assert not [reason for flag in score(bare)[0] for reason in flag.reasons if reason["code"] == "text_shows"]


def doubtful(texts_of: list[str], senders: list[str], fraud: float = 0.3) -> list[Said]:
    rows = enumerate(zip(texts_of, senders, strict=True))
    return [Said(body, sender, f"+6682{at:07d}", _START_MS + at * 1000, fraud, 0.9) for at, (body, sender) in rows]


def test_a_verdict_of_fraud_on_one_sender_makes_its_campaign_bad_for_the_others() -> None:
    random = np.random.default_rng(11)
    told, untold = Campaigns(), Campaigns()
    sims, chat = numbers(random, 8), "are you coming to the school concert this evening, it begins at seven"
    before = doubtful([*paraphrases(random, 7), chat], [*sims[:7], sims[0]])[:-1]
    chatted = doubtful([chat], [sims[0]], 0.02)
    later = doubtful(paraphrases(random, 3), [sims[7]] * 3)
    for found in (told, untold):
        assert not any(judged(found, before + chatted))
    told.hear([Heard(entity(sims[0]), "smishing", True), Heard(66800000000, "smishing", True)])
    assert judged(told, later) == ["smishing"] * 3
    assert not any(judged(untold, later))
    assert not any(judged(told, doubtful([chat], [sims[1]], 0.02))), "what it chats is nobody's fraud"
    (bad,) = taken(told, later[:1])
    assert bad is not None
    assert bad.numbers >= 2


def test_a_verdict_of_legitimate_spares_a_campaign_until_it_has_doubled() -> None:
    random = np.random.default_rng(12)
    sims, found = numbers(random, 40), Campaigns()
    assert judged(found, doubtful(paraphrases(random, 10), sims[:10], 0.7))[-1] == "smishing"
    found.hear([Heard(entity(sims[3]), "smishing", False)])
    after = judged(found, doubtful(paraphrases(random, 30), sims[10:], 0.7))
    assert after[:10] == [None] * 10
    assert after[-1] == "smishing"


def test_a_campaign_that_was_forgotten_comes_together_again_when_it_resumes() -> None:
    random, found = np.random.default_rng(17), Campaigns()
    found.keep(5.0)
    said = doubtful(paraphrases(random, 30), numbers(random, 30), 0.7)
    assert judged(found, said)[-1] == "smishing"

    def seen() -> list[tuple[int, int, bool, int]]:
        return [(one.messages, one.numbers, one.links, len(one.signatures)) for one in found.campaigns.values()]

    before, biggest = seen(), max(found.campaigns.values(), key=lambda one: one.messages)
    chat = doubtful(["are you coming to the school concert this evening, it begins at seven"], ["+66811111111"], 0.1)
    day_ms = 86_400_000
    judged(found, [chat[0]._replace(event_ms=_START_MS + day_ms)])
    assert seen() == [(1, 1, False, 1)]
    assert sys.getrefcount(biggest) == 2, "with its senders and all: nothing but this test holds it"
    assert judged(found, [one._replace(event_ms=one.event_ms + day_ms) for one in said])[-1] == "smishing"
    assert seen()[1:] == before


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_a_campaign_of_more_senders_than_are_kept_stays_bad(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(campaigns_module, "_MOST_SENDERS", 16)
    random, found = np.random.default_rng(18), Campaigns()
    body = paraphrases(random, 1)[0]
    said = doubtful([body] * 2000, numbers(random, 200) * 10, 0.7)
    assert set(judged(found, said, batch)[10:]) == {"smishing"}
    assert judged(found, doubtful([body] * 1500, [said[0].sender] * 1500, 0.7), batch)[-1] is None, "one that sends far more"


class KnowsOne:
    """A text model that thinks worse of what one sender writes, and calls nothing fraud."""

    def __init__(self, sender: str) -> None:
        self.sender = sender

    def read(self, batch: Batch, senders: list[str], reader: None = None) -> Reading:
        sure = np.array([sender == self.sender for sender in senders])
        scores = np.where(sure[:, None], np.float32([0.49, 0.1, 0.0, 0.41, 0.9]), np.float32([0.3, 0.1, 0.0, 0.6, 0.9]))
        return Reading(scores, np.zeros(len(scores), np.uint8))


@pytest.mark.parametrize(
    ("source", "feedback", "heard"), [("analyst", True, True), ("nobody", True, False), ("analyst", False, False)]
)
def test_a_verdict_reaches_the_campaign_by_the_next_snapshot(source: str, feedback: bool, heard: bool) -> None:
    """Of a source that the policy trusts, with feedback on, and of no other."""
    random = np.random.default_rng(13)
    first, others = "+66817654321", numbers(random, 30)
    hour_ms = 3_600_000
    rows = [(first, body, at * 20_000) for at, body in enumerate(paraphrases(random, 60))]
    rows += [(others[at % 30], body, 3 * hour_ms + at * 20_000) for at, body in enumerate(paraphrases(random, 240))]
    lines: list[dict[str, object]] = [
        {
            "kind": "sms",
            "record_id": f"r{at}",
            "sender": one,
            "recipient": f"+6683{at:07d}",
            "submit_ms": _START_MS + ms,
            "text": body,
        }
        for at, (one, body, ms) in enumerate(rows)
    ]
    verdict = {"kind": "verdict", "record_id": "v", "number": first, "verdict": "fraud", "at_ms": _START_MS + hour_ms}
    lines.insert(60, verdict | {"source": source, "fraud_type": "smishing"})
    flags: list[Flag] = []
    model = KnowsOne(first)
    replay = Replay(shipped_policy(), Operator(), model, None, lambda output, dead: flags.extend(output.flags), feedback)  # type: ignore[arg-type]  # no TextModel, but reads as one
    made = (Line("", at, msgspec.json.encode(line)) for at, line in enumerate(lines, 1))
    replay.hears_every = 30
    replay.run(made)
    flagged = {flag.number for flag in flags if flag.fraud_type == "smishing" and flag.action != "clear"}
    assert first in flagged
    assert len(flagged & set(others)) > 25 if heard else not flagged & set(others)


def test_a_campaign_of_more_recipients_than_can_be_told_apart_is_not_taken_for_answered() -> None:
    """One in fifty answers; the count of those who got it stops rising long before that of those who answer does."""
    campaign = Campaign(0, _START_MS)
    for index in range(60_000):
        campaign.count(Message(0, 66_921_000_000 + index % 5000, 66_930_000_000 + index, _START_MS, 0.95, 1.0))
        if index % 50 == 0:
            campaign.answering.add(66_930_000_000 + index)
    assert not campaign.is_answered
    assert campaign.judged() == "smishing"


@pytest.mark.parametrize("host", ["secure-ban\u212a.com", "\u017fecure-bank.com", "SECURE-bank.com", "\uff53ecure-bank.com"])
def test_a_host_is_one_entity_whatever_signs_it_is_written_in(host: str) -> None:
    assert entities(f"Confirm at http://{host}/login") == {"secure-bank.com"}

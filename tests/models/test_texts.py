"""What texts are folded to, what is found in them, and what a template forgets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.models.texts import claims, links
from linewatch.models.texts.batch import Batch
from linewatch.models.texts.claims import misfit
from linewatch.models.texts.features import BUCKETS, SHAPES, rows_of, squeezed
from linewatch.models.texts.fold import fold, strings_of
from linewatch.models.texts.lexicon import CONCEPTS, found, words
from linewatch.models.texts.templates import Templates


def folded(text: str) -> str:
    made = fold([text])
    return strings_of(made.points, made.starts)[0].strip()


def concepts(text: str, without: frozenset[str] = frozenset()) -> set[str]:
    return {CONCEPTS[place] for place in np.flatnonzero(found(fold([text]), words(without))[0, : len(CONCEPTS)])}


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("ＡＢＣ 𝐁𝐚𝐧𝐤", "abc bank"),  # compatibility forms
        ("раyраl", "paypal"),  # Cyrillic among Latin letters
        ("привет", "привет"),  # Cyrillic by itself stays
        ("fr\u200bee mon\u00adey", "free money"),
        ("p4ssw0rd cr3dit", "password credit"),
        ("F r e e  v.i.a.g.r.a", "free viagra"),
        ("u r a", "u r a"),  # no word is so short
        ("您 的 账户 冻结", "您的账户冻结"),
        ("Şifre Doğrulama", "sifre dogrulama"),
        ("เงินกู้", "เงินกู้"),
        ("١٢٣ ๔๕", "000 00"),
    ],
)
def test_disguises_are_undone(disguised: str, plain: str) -> None:
    assert folded(disguised) == plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Your bank account was suspended", {"bank", "account", "blocked"}),
        ("บัญชีธนาคารของคุณถูกระงับ", {"bank", "account", "blocked"}),
        ("您的银行账户已被冻结", {"bank", "account", "blocked"}),
        ("Tuma kwenye namba hii jina Asha", {"transfer", "new_number", "payee"}),
        ("귀하의 택배가 도착", {"parcel"}),
        ("winter window", set()),  # `win` stands for itself
    ],
)
def test_concepts_are_found_whatever_the_language(text: str, expected: set[str]) -> None:
    assert expected <= concepts(text)
    assert expected or not concepts(text)


def test_a_language_can_be_left_out() -> None:
    assert not concepts("บัญชีธนาคาร", frozenset({"th"}))


@pytest.mark.parametrize(
    ("link", "lit", "dark"),
    [
        ("https://paypa1-secure.com/a", {"imitation", "hyphens"}, {"brand_domain", "shortener"}),
        ("http://paypa0.com", {"imitation", "insecure"}, set()),  # as a template has it
        ("rnicrosoft-login.top", {"imitation", "odd_end", "no_scheme"}, {"known_end"}),
        ("https://www.paypal.com/x", {"brand_domain", "known_end"}, {"imitation"}),
        ("https://bit.ly/3xK", {"shortener", "odd_end"}, {"imitation"}),
        ("https://paypal.com@evil-site.xyz/", {"odd_end", "hyphens"}, {"brand_domain"}),
        ("http://10.20.30.40/login", {"address"}, set()),
        ("https://www.revenue.go.th/form", {"institution"}, {"odd_end"}),
        ("https://line.me/ti/p/x", {"messenger"}, set()),
    ],
)
def test_what_links_are(link: str, lit: set[str], dark: set[str]) -> None:
    shown = {name for name, value in zip(links.SHAPES, links.shapes(link), strict=True) if value}
    assert lit <= shown
    assert not dark & shown


@pytest.mark.parametrize("text", ["see you at home.so late", "costs 12.50 per kg", "and/or", "ok.then", "me@example.com hi"])
def test_no_link_where_there_is_none(text: str) -> None:
    assert not [link for link in links.taken_out(text)[1] if "example" not in link]


def test_a_number_that_claims_to_be_a_bank_does_not_fit() -> None:
    senders = ["+66812345678", "KBANK", "PayPa1", "", "1669"]
    moved = misfit(senders, np.ones(5, np.bool_))
    assert moved[0] > 0
    assert moved[2] > moved[0]
    assert moved[[1, 3, 4]].tolist() == [0.0, 0.0, 0.0]


def test_of_a_sender_as_much_is_looked_at_and_kept_as_a_sender_id_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(claims, "_imitates", seen.append)
    misfit(["PayPa1", "x" * 1_000_000], np.zeros(2, np.bool_))
    assert seen == ["PayPa1", "x" * 64]


@settings(deadline=None)  # the first call compiles
@given(st.text(alphabet=st.sampled_from(list("0199 ./-$:aZsbo²٣é๓https")), max_size=60))
def test_a_template_is_its_own_template(text: str) -> None:
    """So whatever was forgotten of a text, nothing that is looked at afterwards can tell."""
    template = squeezed([text])
    again = squeezed(strings_of(*template))
    assert np.array_equal(template.points, again.points)
    assert np.array_equal(rows_of(template).matrix.toarray(), rows_of(again).matrix.toarray())


@given(st.integers(0, 9999), st.integers(10, 99))
def test_digits_count_as_0_but_within_words(one: int, other: int) -> None:
    first, second = (squeezed([f"pay {a:04d}.{b} to +66{b}{a:04d}, p4ss"]) for a, b in ((one, other), (0, 10)))
    assert strings_of(*first)[0].endswith("p4ss")
    assert strings_of(*first) == strings_of(*second)


def test_links_of_one_host_are_one_template() -> None:
    one, other = squeezed(["pay 12.50 at https://a-b.top/x?id=1 now"]), squeezed(["pay 99.10 at https://a-b.top/Yz88/q now"])
    assert np.array_equal(one.points, other.points)


def test_a_code_is_a_number_by_itself() -> None:
    rows = rows_of(squeezed(["Your code is 402913.", "It costs 402913.50", "on 2024/05"]))
    assert rows.matrix[:, BUCKETS + SHAPES.index("code")].toarray().ravel().tolist() == [1.0, 0.0, 0.0]


def test_memory_of_templates() -> None:
    memory = Templates(most=8)
    first = memory.meet(Batch(["a", "b", "a", "c"]).names)
    assert first.places.tolist() == [0, 1, 0, 2]
    assert first.first.tolist() == [0, 1, 3]
    again = memory.meet(Batch(["c", "d"]).names)
    assert (again.places.tolist(), again.first.tolist()) == ([2, 3], [1])
    many = memory.meet(Batch([f"{chr(97 + n)}!" for n in range(20)]).names)
    assert many.first.tolist() == list(range(20))
    assert memory.meet(Batch(["a"]).names).first.tolist() == [0]  # the memory had begun anew


def test_a_template_of_a_batch_is_made_once_and_the_same_alone() -> None:
    texts = ["pay 12 at https://a-b.top/x", "see you at 9", "pay 99 at https://a-b.top/y", "see you there"]
    batch, alone = Batch(texts), Batch(texts[1:2])
    assert (batch.names[0].tolist(), batch.names[1].tolist()) == (batch.names[2].tolist(), alone.names[0].tolist())
    first = batch.make(np.array([0, 1], np.int64))
    (one, two), (three, four) = batch.made([1, 2]), batch.made([3, 0])
    assert [made is first for made, _ in (one, two, three, four)] == [True, True, False, True]
    assert [row for _, row in (one, two, three, four)] == [1, 0, 0, 0]
    (made, row), (whole, place) = alone.made([0])[0], one
    assert np.array_equal(made.rows.matrix[row].toarray(), whole.rows.matrix[place].toarray())
    assert np.array_equal(made.prints.signature[row], whole.prints.signature[place])

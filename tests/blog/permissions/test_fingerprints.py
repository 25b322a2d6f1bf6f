"""What counts as the same words, and what does not."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blog.permissions import fingerprints

WORDS = "“It’s not here” – she said… «No»"


@pytest.mark.parametrize(
    "other",
    [
        '"It\'s not here" - she said... "No"',
        "“It’s  not here”\n– she said…\u00a0«No»",
        "“It’s\u202fnot here” — she said… „No“",
        "“It\u02bcs not here” -- she said… “No”",
        "“It’s not\u00ad here”\u200b – she\ufeff said\u2060… \u200e«No»\u200f",
        "  “It’s not here” – she said… «No»\r\n",
    ],
    ids=["plain quotes", "spaces", "other quotes", "typed dash", "invisible", "margins"],
)
def test_typography_alone_changes_the_strict_print_and_not_the_folded_one(other: str) -> None:
    assert fingerprints.folded(other) == fingerprints.folded(WORDS)
    assert fingerprints.strict(other) != fingerprints.strict(WORDS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("She did not go.", "She did go."),
        ("us", "US"),
        ("well-known", "well known"),
        ("می\u200cخواهم", "میخواهم"),
        ("résumé", "resume"),
        ("10", "１０"),
        ("‹a›", "<a>"),
        ("", "a"),
    ],
    ids=["a word", "case", "hyphen", "zero-width non-joiner", "accents", "digits", "angle brackets", "nothing"],
)
def test_other_words_have_another_folded_print(one: str, other: str) -> None:
    assert fingerprints.folded(one) != fingerprints.folded(other)


def test_single_guillemets_are_quotes() -> None:
    assert fingerprints.folded("‹oui›") == fingerprints.folded("'oui'")


@pytest.mark.parametrize("make", [fingerprints.strict, fingerprints.folded])
def test_line_ends_and_normal_form_change_neither_print(make: Callable[[str], str]) -> None:
    assert make("caf\u00e9\nbar") == make("cafe\u0301\r\nbar") == make("café\rbar")


def test_what_an_invisible_character_held_apart_is_normalised() -> None:
    assert fingerprints.folded("e\u200b\u0301") == fingerprints.folded("é")


def test_prints_name_their_kind_and_hold_no_word() -> None:
    assert fingerprints.strict("words") == "strict1:dba36bffa5cab0f922d087a3aeb179f9d4e745df40b323e1b1471402848c8a3e"
    assert fingerprints.folded("words").startswith("fold1:")
    assert len(fingerprints.folded("words")) == len("fold1:") + 64


@given(st.text())
def test_any_text_has_prints_that_survive_normalising(text: str) -> None:
    normal = unicodedata.normalize("NFD", text)
    assert fingerprints.strict(text) == fingerprints.strict(normal)
    assert fingerprints.folded(text) == fingerprints.folded(normal)


def test_half_a_surrogate_pair_is_no_error() -> None:
    assert fingerprints.strict("a\ud800") != fingerprints.strict("a")


PLAIN_WORDS = st.lists(st.text("abcdefghijklmnopqrstuvwxyzäéß’“”", min_size=1, max_size=8), min_size=2, max_size=12)
TYPOGRAPHY: list[Callable[[str], str]] = [
    lambda text: text.replace(" ", "\u00a0"),
    lambda text: text.replace(" ", "\u00ad \u200b"),
    lambda text: text.replace("’", "'").replace("“", '"').replace("”", "„"),
    lambda text: text.replace("–", "---"),
    lambda text: "\ufeff" + text.replace(" ", "\ufe0f\n"),
    lambda text: unicodedata.normalize("NFD", text),
]


@given(words=PLAIN_WORDS, changes=st.lists(st.sampled_from(TYPOGRAPHY)))
def test_no_typography_makes_other_words(words: list[str], changes: list[Callable[[str], str]]) -> None:
    text = changed = words[0] + " – " + " ".join(words[1:])
    for change in changes:
        changed = change(changed)
    assert fingerprints.folded(changed) == fingerprints.folded(text)


@given(words=PLAIN_WORDS, data=st.data())
def test_one_word_less_is_always_another_text(words: list[str], data: st.DataObject) -> None:
    dropped = data.draw(st.integers(0, len(words) - 1))
    fewer = words[:dropped] + words[dropped + 1 :]
    assert fingerprints.folded(" ".join(fewer)) != fingerprints.folded(" ".join(words))

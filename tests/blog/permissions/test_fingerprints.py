"""Fingerprints: which texts count as the same words, and which do not."""

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
def test_typography_changes_only_the_strict_fingerprint(other: str) -> None:
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
def test_different_words_have_different_folded_fingerprints(one: str, other: str) -> None:
    assert fingerprints.folded(one) != fingerprints.folded(other)


def test_single_guillemets_are_quotes() -> None:
    assert fingerprints.folded("‹oui›") == fingerprints.folded("'oui'")


@pytest.mark.parametrize("make", [fingerprints.strict, fingerprints.folded])
def test_line_endings_and_normalization_change_neither_fingerprint(make: Callable[[str], str]) -> None:
    assert make("caf\u00e9\nbar") == make("cafe\u0301\r\nbar") == make("café\rbar")


def test_characters_around_an_invisible_one_are_normalized() -> None:
    assert fingerprints.folded("e\u200b\u0301") == fingerprints.folded("é")


def test_fingerprints_start_with_their_kind_and_do_not_contain_the_words() -> None:
    assert fingerprints.strict("words") == "strict1:dba36bffa5cab0f922d087a3aeb179f9d4e745df40b323e1b1471402848c8a3e"
    assert fingerprints.folded("words").startswith("fold1:")
    assert len(fingerprints.folded("words")) == len("fold1:") + 64


@given(st.text())
def test_normalizing_any_text_keeps_its_fingerprints(text: str) -> None:
    normal = unicodedata.normalize("NFD", text)
    assert fingerprints.strict(text) == fingerprints.strict(normal)
    assert fingerprints.folded(text) == fingerprints.folded(normal)


def test_a_lone_surrogate_is_not_an_error() -> None:
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
def test_combined_typographic_changes_keep_the_folded_fingerprint(
    words: list[str], changes: list[Callable[[str], str]]
) -> None:
    text = changed = words[0] + " – " + " ".join(words[1:])
    for change in changes:
        changed = change(changed)
    assert fingerprints.folded(changed) == fingerprints.folded(text)


@given(words=PLAIN_WORDS, data=st.data())
def test_dropping_a_word_changes_the_folded_fingerprint(words: list[str], data: st.DataObject) -> None:
    dropped = data.draw(st.integers(0, len(words) - 1))
    fewer = words[:dropped] + words[dropped + 1 :]
    assert fingerprints.folded(" ".join(fewer)) != fingerprints.folded(" ".join(words))

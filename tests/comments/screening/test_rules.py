"""Each rule by itself, and what they make together."""

from dataclasses import replace
from typing import Any

import pytest

from blog.models import Blog
from comments.models import Ban, Comment
from comments.screening import rules
from comments.screening.bayes import Verdict
from comments.screening.rules import Facts, Pace, judge

Hold, State = Blog.Hold, Comment.State
FINE = Facts(name="Rea Reader", text="Well said.")
LINK = {"hosts": ["shop.example"]}


def person(mode: str) -> Ban:
    return Ban(kind=Ban.Kind.EMAIL, mode=mode)


def word(value: str, mode: str = Ban.Mode.HOLD) -> Ban:
    return Ban(kind=Ban.Kind.WORD, mode=mode, value=value)


def domain(value: str, mode: str = Ban.Mode.HOLD) -> Ban:
    return Ban(kind=Ban.Kind.DOMAIN, mode=mode, value=value)


def test_of_a_good_comment_nothing_is_found() -> None:
    judgement = judge(FINE)
    assert (judgement.findings, judgement.score, judgement.state) == ([], 0, State.PUBLISHED)


@pytest.mark.parametrize(
    ("facts", "code", "status"),
    [
        ({"is_open": False}, "closed", 409),
        ({"bans": [person(Ban.Mode.REFUSE)]}, "banned", 403),
        ({"bans": [person(Ban.Mode.HOLD), person(Ban.Mode.REFUSE)]}, "banned", 403),
        ({"pace": Pace(minute=5)}, "rate", 429),
        ({"pace": Pace(hour=40)}, "rate", 429),
        ({"pace": Pace(thread=3)}, "speed", 429),
        ({"banned_words": [word("said", Ban.Mode.REFUSE)]}, "words", 403),
        ({"banned_words": [domain("shop.example", Ban.Mode.REFUSE)], **LINK}, "words", 403),
    ],
)
def test_what_is_refused_is_told_why(facts: dict[str, Any], code: str, status: int) -> None:
    refusal = judge(replace(FINE, **facts)).refusal
    assert refusal
    assert (refusal.code, refusal.status) == (code, status)
    assert str(refusal.refusal).endswith((".", "again.", "host."))


@pytest.mark.parametrize("pace", [Pace(minute=4), Pace(hour=39), Pace(thread=2)])
def test_a_brisk_pace_is_taken(pace: Pace) -> None:
    assert judge(replace(FINE, pace=pace)).refusal is None


def test_the_first_that_refuses_has_the_last_word() -> None:
    """In the order of the list: a closed discussion says so, also to those who are banned."""
    facts = replace(FINE, is_open=False, bans=[person(Ban.Mode.REFUSE)], pace=Pace(9, 99, 9))
    assert [finding.code for finding in judge(facts).findings] == ["closed"]


@pytest.mark.parametrize(
    ("hold", "facts", "state"),
    [
        # links
        (Hold.NOTHING, LINK, State.PUBLISHED),
        (Hold.LINKS, LINK, State.PENDING),
        (Hold.FIRST, LINK, State.PENDING),
        (Hold.ALL, LINK, State.PENDING),
        (Hold.LINKS, LINK | {"is_known": True}, State.PUBLISHED),
        (Hold.LINKS, {"hosts": ["a.example"] * 3, "is_known": True}, State.PENDING),
        (Hold.LINKS, {"hosts": ["a.example"], "hosts_in_name": ["a.example"], "is_known": True}, State.PENDING),
        (Hold.LINKS, {"hosts": ["a.example"] * 8}, State.SPAM),
        (Hold.LINKS, LINK | {"is_ours": True}, State.PUBLISHED),
        # points
        (Hold.LINKS, {"has_filled_trap": True}, State.PENDING),
        (Hold.NOTHING, {"has_filled_trap": True}, State.PUBLISHED),
        (Hold.LINKS, {"has_filled_trap": True, "seconds": 0.4}, State.SPAM),
        (Hold.LINKS, {"seconds": 0.0}, State.PUBLISHED),
        (Hold.LINKS, {"seconds": 25 * 3600.0}, State.PUBLISHED),
        (Hold.LINKS, {"has_forged_time": True}, State.PUBLISHED),
        (Hold.LINKS, {"has_forged_time": True, "repeats": 1}, State.PENDING),
        (Hold.LINKS, {"repeats": 1}, State.PUBLISHED),
        (Hold.LINKS, {"repeats": 3}, State.SPAM),
        (Hold.LINKS, {"is_imitation": True}, State.PENDING),
        (Hold.NOTHING, {"is_imitation": True}, State.PUBLISHED),
        # the filter
        (Hold.LINKS, {"verdict": Verdict(0.5, [])}, State.PUBLISHED),
        (Hold.LINKS, {"verdict": Verdict(0.8, ["casino"])}, State.PENDING),
        (Hold.LINKS, {"verdict": Verdict(0.99, ["casino"])}, State.SPAM),
        (Hold.NOTHING, {"verdict": Verdict(0.99, ["casino"])}, State.PUBLISHED),
        # persons
        (Hold.FIRST, {}, State.PENDING),
        (Hold.FIRST, {"is_known": True}, State.PUBLISHED),
        (Hold.FIRST, {"is_ours": True}, State.PUBLISHED),
        (Hold.ALL, {"is_known": True}, State.PENDING),
        (Hold.ALL, {"is_ours": True}, State.PUBLISHED),
        (Hold.NOTHING, {"bans": [person(Ban.Mode.HOLD)]}, State.PENDING),
        (Hold.LINKS, {"bans": [person(Ban.Mode.HOLD)], "is_known": True}, State.PENDING),
        # words
        (Hold.LINKS, {"banned_words": [word("said")]}, State.PENDING),
        (Hold.NOTHING, {"banned_words": [word("said")]}, State.PENDING),
    ],
)
def test_what_waits(hold: str, facts: dict[str, Any], state: str) -> None:
    assert judge(replace(FINE, hold=hold, **facts)).state == state


@pytest.mark.parametrize(
    ("value", "text", "is_found"),
    [
        ("said", "Well SAID.", True),
        ("well said", "Well\n said", True),
        ("said", "He saidst", False),
        ("id", "Well said.", False),
        ("größe", "GRÖSSE", True),
        ("c++", "I like C++ a lot", True),
        (".*", "Well said.", False),
        ("rea", "Well.", True),  # in the name
    ],
)
def test_a_word_is_found_as_a_word(value: str, text: str, is_found: bool) -> None:
    assert bool(judge(replace(FINE, text=text, banned_words=[word(value)])).findings) is is_found


@pytest.mark.parametrize(
    ("value", "host", "is_found"),
    [
        ("shop.example", "shop.example", True),
        ("shop.example", "www.shop.example", True),
        ("shop.example", "myshop.example", False),
        ("shop.example", "shop.example.net", False),
    ],
)
def test_a_domain_stands_for_all_below_it(value: str, host: str, is_found: bool) -> None:
    found = judge(replace(FINE, hosts=[host], banned_words=[domain(value)])).findings
    assert ("words" in [finding.code for finding in found]) is is_found


def test_what_speaks_for_a_comment_counts_too() -> None:
    assert judge(replace(FINE, has_filled_trap=True, verdict=Verdict(0.01, []))).state == State.PUBLISHED


def test_the_house_keeps_the_hours_of_the_house() -> None:
    assert judge(replace(FINE, is_ours=True, is_open=False)).refusal
    assert judge(replace(FINE, is_ours=True, pace=Pace(minute=99))).refusal
    assert rules.RULES[0] is rules.closed


@pytest.mark.parametrize(
    "text",
    [
        *("A cas\u200bino.", "A cas\u00adino.", "A ｃａｓｉｎｏ.", "A CASINO\u2060."),
        *("A 𝐂𝐀𝐒𝐈𝐍𝐎.", "A 𝒸𝒶𝓈𝒾𝓃ℴ.", "A cas\ufe0fino.", "A cas\u3164ino."),
    ],
)
def test_a_word_is_found_as_readers_see_it(text: str) -> None:
    assert rules.words(replace(FINE, text=text, banned_words=[word("casino")]))
    assert rules.words(replace(FINE, text="A casino.", banned_words=[word("cas\u200bino")]))


def test_a_word_of_which_nothing_is_seen_is_found_nowhere() -> None:
    assert not rules.words(replace(FINE, text="What, this? Yes.", banned_words=[word("\u3164"), word("\ufe0f")]))

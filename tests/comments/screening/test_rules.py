"""Each rule by itself, its sentences, and the judgement that all rules make together."""

from dataclasses import replace
from typing import Any

import pytest

from blog.models import Blog
from comments.models import Ban, Comment
from comments.screening import rules
from comments.screening.bayes import Verdict
from comments.screening.judging import explain_to_moderators, explain_to_writer, judge
from comments.screening.rules import Facts, Pace, Rule

Hold, State = Blog.Hold, Comment.State
FINE = Facts(name="Rea Reader", text="Well said.")
LINK = {"hosts": ["shop.example"]}
BANNED_WORDS = rules.BannedWords()


def person(mode: str) -> Ban:
    return Ban(kind=Ban.Kind.EMAIL, mode=mode)


def word(value: str, mode: str = Ban.Mode.HOLD) -> Ban:
    return Ban(kind=Ban.Kind.WORD, mode=mode, value=value)


def domain(value: str, mode: str = Ban.Mode.HOLD) -> Ban:
    return Ban(kind=Ban.Kind.DOMAIN, mode=mode, value=value)


def test_nothing_is_found_in_a_good_comment() -> None:
    judgement = judge(FINE)
    assert (judgement.findings, judgement.score, judgement.state) == ([], 0, State.PUBLISHED)


# --- Sentences

# For each rule: facts in which it finds something that is stored, and facts in which it refuses the comment.
STORED: dict[str, dict[str, Any]] = {
    "banned": {"writer_bans": [person(Ban.Mode.HOLD)]},
    "repeated": {"repeats": 2},
    "trap": {"has_filled_trap": True},
    "forged": {"has_forged_time": True},
    "fast": {"seconds": 0.4},
    "links": LINK,
    "words": {"word_bans": [word("said")]},
    "like_spam": {"verdict": Verdict(0.8, ["casino"])},
    "like_good": {"verdict": Verdict(0.01, [])},
    "imitation": {"is_imitation": True},
    "first": {"hold": Hold.FIRST},
    "all": {"hold": Hold.ALL},
}
REFUSED: dict[str, dict[str, Any]] = {
    "closed": {"is_open": False},
    "banned": {"writer_bans": [person(Ban.Mode.REFUSE)]},
    "rate": {"pace": Pace(minute=99)},
    "words": {"word_bans": [word("said", Ban.Mode.REFUSE)]},
    "speed": {"pace": Pace(thread=9)},
}


def test_the_tables_name_every_rule() -> None:
    codes = [rule.code for rule in rules.RULES]
    assert len(codes) == len({*codes})
    assert {*STORED} | {*REFUSED} == {*codes}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.code)
def test_every_rule_has_the_sentences_that_it_needs(rule: Rule) -> None:
    stored = rule.check(replace(FINE, **STORED.get(rule.code, {})))
    if rule.code in STORED:
        assert stored
        assert not stored.refuses
        assert rule.for_moderators
        assert bool(rule.for_writer) == (stored.points >= 0)
    refused = rule.check(replace(FINE, **REFUSED.get(rule.code, {})))
    if rule.code in REFUSED:
        assert refused
        assert refused.refuses
        assert refused.refusal.endswith(".")
    assert bool(rule.refusal) == (rule.code in REFUSED)


@pytest.mark.parametrize("code", STORED)
def test_what_was_stored_is_explained_by_its_rule(code: str) -> None:
    judgement = judge(replace(FINE, **STORED[code]))
    comment = Comment(**judgement.columns)
    assert [finding["code"] for finding in comment.findings] == [code]
    [(for_moderators, points)] = explain_to_moderators(comment)
    for sentence in (for_moderators, *explain_to_writer(comment)):
        assert sentence
        assert "%" not in sentence
    assert points == judgement.score
    assert len(explain_to_writer(comment)) == (code != "like_good")


def test_findings_of_rules_that_no_longer_exist_are_explained_too() -> None:
    old = [{"code": "gone", "score": 5}, {"code": "links", "score": 10, "detail": "100%"}]
    comment = Comment(findings=old)
    assert explain_to_moderators(comment) == [
        ("Found by a rule of an earlier version: gone", 5),
        ("Links to: 100%", 10),
    ]
    assert explain_to_writer(comment) == ["It contains links."]


# --- Refusals


@pytest.mark.parametrize(
    ("facts", "code", "status"),
    [
        ({"is_open": False}, "closed", 409),
        ({"writer_bans": [person(Ban.Mode.REFUSE)]}, "banned", 403),
        ({"writer_bans": [person(Ban.Mode.HOLD), person(Ban.Mode.REFUSE)]}, "banned", 403),
        ({"pace": Pace(minute=5)}, "rate", 429),
        ({"pace": Pace(hour=40)}, "rate", 429),
        ({"pace": Pace(thread=3)}, "speed", 429),
        ({"word_bans": [word("said", Ban.Mode.REFUSE)]}, "words", 403),
        ({"word_bans": [domain("shop.example", Ban.Mode.REFUSE)], **LINK}, "words", 403),
    ],
)
def test_a_refusal_has_a_reason_and_a_status(facts: dict[str, Any], code: str, status: int) -> None:
    refusal = judge(replace(FINE, **facts)).refusal
    assert refusal
    assert (refusal.code, refusal.rule.status) == (code, status)
    assert refusal.refusal.endswith(".")


@pytest.mark.parametrize("pace", [Pace(minute=4), Pace(hour=39), Pace(thread=2)])
def test_a_brisk_pace_is_accepted(pace: Pace) -> None:
    assert judge(replace(FINE, pace=pace)).refusal is None


def test_nothing_is_checked_after_the_first_refusal() -> None:
    """A closed discussion is reported as closed, also to banned writers."""
    facts = replace(FINE, is_open=False, writer_bans=[person(Ban.Mode.REFUSE)], pace=Pace(9, 99, 9))
    assert [finding.code for finding in judge(facts).findings] == ["closed"]


# --- Holding


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
        (Hold.LINKS, LINK | {"has_badge": True}, State.PUBLISHED),
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
        # writers
        (Hold.FIRST, {}, State.PENDING),
        (Hold.FIRST, {"is_known": True}, State.PUBLISHED),
        (Hold.FIRST, {"has_badge": True}, State.PUBLISHED),
        (Hold.ALL, {"is_known": True}, State.PENDING),
        (Hold.ALL, {"has_badge": True}, State.PUBLISHED),
        (Hold.NOTHING, {"writer_bans": [person(Ban.Mode.HOLD)]}, State.PENDING),
        (Hold.LINKS, {"writer_bans": [person(Ban.Mode.HOLD)], "is_known": True}, State.PENDING),
        # words
        (Hold.LINKS, {"word_bans": [word("said")]}, State.PENDING),
        (Hold.NOTHING, {"word_bans": [word("said")]}, State.PENDING),
    ],
)
def test_the_hold_policy_and_the_findings_decide_the_state(hold: str, facts: dict[str, Any], state: str) -> None:
    assert judge(replace(FINE, hold=hold, **facts)).state == state


# --- Banned words and domains


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
def test_a_banned_word_matches_whole_words(value: str, text: str, is_found: bool) -> None:
    assert bool(judge(replace(FINE, text=text, word_bans=[word(value)])).findings) is is_found


@pytest.mark.parametrize(
    ("value", "host", "is_found"),
    [
        ("shop.example", "shop.example", True),
        ("shop.example", "www.shop.example", True),
        ("shop.example", "myshop.example", False),
        ("shop.example", "shop.example.net", False),
    ],
)
def test_a_banned_domain_includes_its_subdomains(value: str, host: str, is_found: bool) -> None:
    found = judge(replace(FINE, hosts=[host], word_bans=[domain(value)])).findings
    assert ("words" in [finding.code for finding in found]) is is_found


def test_findings_in_favour_of_a_comment_count_too() -> None:
    assert judge(replace(FINE, has_filled_trap=True, verdict=Verdict(0.01, []))).state == State.PUBLISHED


def test_a_closed_discussion_and_the_pace_bind_everybody() -> None:
    assert judge(replace(FINE, has_badge=True, is_open=False)).refusal
    assert judge(replace(FINE, has_badge=True, pace=Pace(minute=99))).refusal


@pytest.mark.parametrize(
    "text",
    [
        *("A cas\u200bino.", "A cas\u00adino.", "A ｃａｓｉｎｏ.", "A CASINO\u2060."),
        *("A 𝐂𝐀𝐒𝐈𝐍𝐎.", "A 𝒸𝒶𝓈𝒾𝓃ℴ.", "A cas\ufe0fino.", "A cas\u3164ino."),
    ],
)
def test_a_banned_word_is_found_as_readers_see_it(text: str) -> None:
    assert BANNED_WORDS.check(replace(FINE, text=text, word_bans=[word("casino")]))
    assert BANNED_WORDS.check(replace(FINE, text="A casino.", word_bans=[word("cas\u200bino")]))


def test_an_invisible_banned_word_is_found_nowhere() -> None:
    assert not BANNED_WORDS.check(replace(FINE, text="What, this? Yes.", word_bans=[word("\u3164"), word("\ufe0f")]))

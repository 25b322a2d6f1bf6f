"""The spam filter that learns from moderators."""

import pytest
from django.contrib.auth.models import User

from comments.models import Comment, SpamToken
from comments.moderation import steps
from comments.screening import bayes
from tests.comments.conftest import Say

GOOD = "The court asked who had drawn the picture, and nobody could answer the question."
BAD = "Cheap casino bonus, win money now, casino casino https://win.example/"


def counts() -> dict[str, tuple[int, int]]:
    return {row.token: (row.ham, row.spam) for row in SpamToken.objects.all()}


def teach(good: int, bad: int) -> None:
    for lesson, text, times in ((Comment.Lesson.HAM, GOOD, good), (Comment.Lesson.SPAM, BAD, bad)):
        for _ in range(times):
            bayes.learn(Comment(name="Somebody", source=text), lesson)


@pytest.mark.django_db
def test_there_is_no_verdict_until_enough_of_both_kinds_is_learned() -> None:
    assert bayes.judge("Rea", BAD) is None
    teach(bayes.MIN_COMMENTS - 1, 50)
    assert bayes.judge("Rea", BAD) is None
    teach(1, 0)
    assert bayes.judge("Rea", BAD) is not None


@pytest.mark.django_db
def test_the_verdict_tells_spam_from_good_comments_and_names_tokens() -> None:
    teach(12, 12)
    bad, good, new = (bayes.judge("Rea", text) for text in (BAD, GOOD, "Xylophones purr quietly."))
    assert bad is not None
    assert good is not None
    assert new is not None
    assert bad.probability > 0.95
    assert good.probability < 0.1
    assert 0.3 < new.probability < 0.7
    assert {"casino", "link:win.example"} & set(bad.spam_tokens)


@pytest.mark.django_db
def test_a_judgement_is_one_query(django_assert_num_queries: object) -> None:
    teach(12, 12)
    with django_assert_num_queries(1):  # type: ignore[operator]
        bayes.judge("Rea", BAD * 300)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", " ", "\0", "a" * 10_000, "ß" * 10_000, "word " * 2_000, "💥" * 5_000])
def test_any_text_can_be_judged_and_learned(text: str) -> None:
    teach(12, 12)
    bayes.judge(text[:80], text)
    bayes.learn(Comment(name=text[:80], source=text), Comment.Lesson.SPAM)
    assert max(len(token) for token in counts()) <= 60


def test_the_filter_learns_and_unlearns_from_moderators(say: Say, moderator: User) -> None:
    comment = say(BAD)
    assert comment.state == Comment.State.PENDING
    assert counts() == {}
    steps.mark_spam(comment, by=moderator)
    assert counts()["casino"] == (0, 1)
    steps.approve(comment, by=moderator)
    assert (counts()["casino"], counts()[""]) == ((1, 0), (1, 0))
    steps.erase(comment)
    assert counts() == {}


def test_a_rejection_teaches_nothing(say: Say, moderator: User) -> None:
    steps.reject(say(BAD), by=moderator)
    assert counts() == {}

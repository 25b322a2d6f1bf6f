"""Forgetting by itself: on the day, all of it, and nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage

from blog.models import Post
from comments.models import Comment, EmailItem, OutgoingEmail, SpamToken, Subscription
from comments.moderation import retention, steps
from core import clock
from core.models import Task
from core.tasks import queue, worker
from tests.comments.conftest import Say
from tests.comments.mailbox import REA, SAM, announce, follow, rows_holding, with_address
from tests.comments.thread_integrity import assert_whole
from tests.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def at(moment: datetime, forget: Callable[[], None]) -> None:
    with clock.standing_at(moment):
        forget()


def test_letters_are_forgotten_after_thirty_days(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root, mine = say(), say("Mine.")
    follow(root, SAM)
    announce(say("New."))
    with_address(mine)
    worker.run_due()
    at(NOON + 30 * DAY, retention.forget_letters)
    assert OutgoingEmail.objects.count() == 2
    at(NOON + 30 * DAY + SECOND, retention.forget_letters)
    assert not OutgoingEmail.objects.exists()
    assert not EmailItem.objects.exists()
    assert Subscription.objects.count() == 1


def test_a_question_that_nobody_was_to_get_is_forgotten_after_a_day(say: Say) -> None:
    OutgoingEmail.objects.create(kind="access", email="nobody@reader.example")
    queue.enqueue("send-email", str(OutgoingEmail.objects.get().pk))
    worker.run_due()
    at(NOON + DAY, retention.forget_letters)
    assert OutgoingEmail.objects.count() == 1
    at(NOON + DAY + SECOND, retention.forget_letters)
    assert rows_holding("nobody@reader") == []


def test_a_letter_that_waits_to_be_sent_is_kept(say: Say) -> None:
    OutgoingEmail.objects.create(kind="news", email=REA)
    OutgoingEmail.objects.create(kind="access", email=REA)
    at(NOON + 2 * DAY, retention.forget_letters)
    assert OutgoingEmail.objects.count() == 2


def test_a_wish_that_nobody_confirmed_is_forgotten_after_three_days(say: Say) -> None:
    stays = follow(say(), SAM)
    with_address(say("Mine."), scope="post")
    at(NOON + 3 * DAY, retention.forget_unconfirmed_wishes)
    assert Subscription.objects.count() == 2
    at(NOON + 3 * DAY + SECOND, retention.forget_unconfirmed_wishes)
    assert list(Subscription.objects.all()) == [stays]


def spam(comment: Comment, by: User) -> None:
    steps.mark_spam(comment, by=by)


def rejected(comment: Comment, by: User) -> None:
    steps.mark_spam(comment, by=by)
    steps.reject(comment, by=by, reason="no")


def deleted(comment: Comment, by: User) -> None:
    steps.delete_by_writer(comment)


@pytest.mark.parametrize("end", [spam, rejected, deleted])
def test_what_is_not_wanted_is_erased_thirty_days_after_that(
    end: Callable[[Comment, User], None], say: Say, own_post: Post, moderator: User
) -> None:
    comment = say("A violet remark.")
    stays = say("Kind.", to=comment)
    with clock.standing_at(NOON + 5 * DAY):
        end(comment, moderator)
    at(NOON + 35 * DAY, retention.forget_unwanted_comments)
    comment.refresh_from_db()
    assert comment.state != "erased"
    at(NOON + 35 * DAY + SECOND, retention.forget_unwanted_comments)
    comment.refresh_from_db()
    stays.refresh_from_db()
    assert (comment.state, comment.source, stays.source) == ("erased", "", "Kind.")
    assert rows_holding("A violet remark.") == []
    assert_whole(own_post)


def test_what_readers_see_waits_or_was_removed_stays(say: Say, moderator: User) -> None:
    steps.remove(say("Removed."), by=moderator, reason="")
    Comment.objects.filter(pk=say("Waits.").pk).update(state="pending", shown=False)
    say("Seen.")
    at(NOON + 400 * DAY, retention.forget_unwanted_comments)
    assert {comment.source for comment in Comment.objects.all()} == {"Removed.", "Waits.", "Seen."}


def test_the_month_begins_anew_with_every_change(say: Say, moderator: User) -> None:
    comment = say()
    steps.mark_spam(comment, by=moderator)
    with clock.standing_at(NOON + 29 * DAY):
        steps.reject(comment, by=moderator)
    at(NOON + 31 * DAY, retention.forget_unwanted_comments)
    comment.refresh_from_db()
    assert comment.state == "rejected"


def test_what_the_filter_learned_from_spam_it_keeps(say: Say, moderator: User) -> None:
    """Else it would know nothing a month after the last spam; what somebody took back, it forgets."""
    comment, own = say("Casino!"), say("Orchids.")
    steps.mark_spam(comment, by=moderator)
    steps.mark_spam(own, by=moderator)
    steps.approve(own, by=moderator)
    steps.delete_by_writer(own)
    at(NOON + 31 * DAY, retention.forget_unwanted_comments)
    assert SpamToken.objects.get(token="casino").spam == 1
    assert not SpamToken.objects.filter(token="orchids").exists()


def test_what_was_approved_meanwhile_is_not_erased(say: Say, moderator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    comments = sorted([say("One."), say("Two.")], key=lambda comment: comment.pk)
    for comment in comments:
        steps.mark_spam(comment, by=moderator)
    erase = steps.erase

    def while_a_moderator_approves(comment: Comment, **options: Any) -> bool:
        steps.approve(comments[1], by=moderator)
        return erase(comment, **options)

    monkeypatch.setattr(steps, "erase", while_a_moderator_approves)
    at(NOON + 31 * DAY, retention.forget_unwanted_comments)
    assert [Comment.objects.get(pk=comment.pk).state for comment in comments] == ["erased", "published"]


def test_more_than_a_batch_is_forgotten_too(say: Say, moderator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        steps.mark_spam(say(f"Spam {number}."), by=moderator)
        OutgoingEmail.objects.create(kind="news", email=f"r{number}@x.example", closed_at=NOON)
    at(NOON + 31 * DAY, retention.forget_unwanted_comments)
    at(NOON + 31 * DAY, retention.forget_letters)
    assert not Comment.objects.exclude(state="erased").exists()
    assert not OutgoingEmail.objects.exists()


def test_every_day_the_worker_does_it(say: Say) -> None:
    with_address(say(), scope="post")
    worker.schedule()
    with clock.standing_at(NOON + 31 * DAY):
        worker.run_due()
        due = Task.objects.filter(job__startswith="forget-", due_at=NOON + 32 * DAY)
        assert due.count() >= 3
    assert not Subscription.objects.exists()
    assert not OutgoingEmail.objects.exists()

"""Deletion after the retention period: on the day, completely, and nothing else."""

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


def at(moment: datetime, action: Callable[[], None]) -> None:
    with clock.standing_at(moment):
        action()


def test_emails_are_deleted_after_thirty_days(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root, mine = say(), say("Mine.")
    follow(root, SAM)
    announce(say("New."))
    with_address(mine)
    worker.run_due()
    at(NOON + 30 * DAY, retention.delete_old_emails)
    assert OutgoingEmail.objects.count() == 2
    at(NOON + 30 * DAY + SECOND, retention.delete_old_emails)
    assert not OutgoingEmail.objects.exists()
    assert not EmailItem.objects.exists()
    assert Subscription.objects.count() == 1


def test_a_question_that_was_never_sent_is_deleted_after_a_day(say: Say) -> None:
    OutgoingEmail.objects.create(kind="access", email="nobody@reader.example")
    queue.enqueue("send-email", str(OutgoingEmail.objects.get().pk))
    worker.run_due()
    at(NOON + DAY, retention.delete_old_emails)
    assert OutgoingEmail.objects.count() == 1
    at(NOON + DAY + SECOND, retention.delete_old_emails)
    assert rows_holding("nobody@reader") == []


def test_an_email_that_waits_to_be_sent_stays(say: Say) -> None:
    OutgoingEmail.objects.create(kind="news", email=REA)
    OutgoingEmail.objects.create(kind="access", email=REA)
    at(NOON + 2 * DAY, retention.delete_old_emails)
    assert OutgoingEmail.objects.count() == 2


def test_an_unconfirmed_subscription_is_deleted_after_three_days(say: Say) -> None:
    stays = follow(say(), SAM)
    with_address(say("Mine."), scope="post")
    at(NOON + 3 * DAY, retention.delete_unconfirmed_subscriptions)
    assert Subscription.objects.count() == 2
    at(NOON + 3 * DAY + SECOND, retention.delete_unconfirmed_subscriptions)
    assert list(Subscription.objects.all()) == [stays]


def spam(comment: Comment, by: User) -> None:
    steps.mark_spam(comment, by=by)


def rejected(comment: Comment, by: User) -> None:
    steps.mark_spam(comment, by=by)
    steps.reject(comment, by=by, reason="no")


def deleted(comment: Comment, by: User) -> None:
    steps.delete_by_writer(comment)


@pytest.mark.parametrize("end", [spam, rejected, deleted])
def test_an_unwanted_comment_is_erased_after_thirty_days(
    end: Callable[[Comment, User], None], say: Say, own_post: Post, moderator: User
) -> None:
    comment = say("A violet remark.")
    stays = say("Kind.", to=comment)
    with clock.standing_at(NOON + 5 * DAY):
        end(comment, moderator)
    at(NOON + 35 * DAY, retention.erase_unwanted_comments)
    comment.refresh_from_db()
    assert comment.state != "erased"
    at(NOON + 35 * DAY + SECOND, retention.erase_unwanted_comments)
    comment.refresh_from_db()
    stays.refresh_from_db()
    assert (comment.state, comment.source, stays.source) == ("erased", "", "Kind.")
    assert rows_holding("A violet remark.") == []
    assert_whole(own_post)


def test_published_waiting_and_removed_comments_stay(say: Say, moderator: User) -> None:
    steps.remove(say("Removed."), by=moderator, reason="")
    Comment.objects.filter(pk=say("Waits.").pk).update(state="pending", shown=False)
    say("Seen.")
    at(NOON + 400 * DAY, retention.erase_unwanted_comments)
    assert {comment.source for comment in Comment.objects.all()} == {"Removed.", "Waits.", "Seen."}


def test_every_change_of_state_restarts_the_period(say: Say, moderator: User) -> None:
    comment = say()
    steps.mark_spam(comment, by=moderator)
    with clock.standing_at(NOON + 29 * DAY):
        steps.reject(comment, by=moderator)
    at(NOON + 31 * DAY, retention.erase_unwanted_comments)
    comment.refresh_from_db()
    assert comment.state == "rejected"


def test_the_filter_keeps_what_it_learned_from_spam(say: Say, moderator: User) -> None:
    """Otherwise it would know nothing a month after the last spam. It unlearns what a writer deleted."""
    comment, own = say("Casino!"), say("Orchids.")
    steps.mark_spam(comment, by=moderator)
    steps.mark_spam(own, by=moderator)
    steps.approve(own, by=moderator)
    steps.delete_by_writer(own)
    at(NOON + 31 * DAY, retention.erase_unwanted_comments)
    assert SpamToken.objects.get(token="casino").spam == 1
    assert not SpamToken.objects.filter(token="orchids").exists()


def test_a_comment_approved_meanwhile_is_not_erased(say: Say, moderator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    comments = sorted([say("One."), say("Two.")], key=lambda comment: comment.pk)
    for comment in comments:
        steps.mark_spam(comment, by=moderator)
    erase = steps.erase

    def while_a_moderator_approves(comment: Comment, **options: Any) -> bool:
        steps.approve(comments[1], by=moderator)
        return erase(comment, **options)

    monkeypatch.setattr(steps, "erase", while_a_moderator_approves)
    at(NOON + 31 * DAY, retention.erase_unwanted_comments)
    assert [Comment.objects.get(pk=comment.pk).state for comment in comments] == ["erased", "published"]


def test_more_than_one_batch_is_deleted(say: Say, moderator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    for number in range(5):
        steps.mark_spam(say(f"Spam {number}."), by=moderator)
        OutgoingEmail.objects.create(kind="news", email=f"r{number}@x.example", closed_at=NOON)
    at(NOON + 31 * DAY, retention.erase_unwanted_comments)
    at(NOON + 31 * DAY, retention.delete_old_emails)
    assert not Comment.objects.exclude(state="erased").exists()
    assert not OutgoingEmail.objects.exists()


def test_the_worker_does_it_every_day(say: Say) -> None:
    with_address(say(), scope="post")
    worker.schedule()
    with clock.standing_at(NOON + 31 * DAY):
        worker.run_due()
        due = Task.objects.filter(job__startswith="forget-", due_at=NOON + 32 * DAY)
        assert due.count() >= 3
    assert not Subscription.objects.exists()
    assert not OutgoingEmail.objects.exists()

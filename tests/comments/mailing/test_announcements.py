"""Notifications of new comments: who receives which, each once, and in how many emails."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comments.mailing import notifications
from comments.models import Comment, EmailItem, OutgoingEmail, Subscription
from core import clock
from core.models import Task
from core.tasks import worker
from tests.blog.mailbox import received, text_of
from tests.comments.conftest import Say
from tests.comments.mailbox import REA, SAM, announce, follow, one_line, to
from tests.comments.posting.test_races import at_once
from tests.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def later(by: timedelta) -> Any:
    return clock.standing_at(NOON + by)


def excerpts(mailoutbox: list[EmailMessage], email: str) -> list[str]:
    """The quoted lines of all emails to one receiver, in the order of sending."""
    found = [re.findall(r"^> (.*)$", text_of(sent), re.MULTILINE) for sent in mailoutbox if sent.to == [email]]
    return [line for lines in found for line in lines]


# --- Receivers --------------------------------------------------------------------------------------------------------


def test_each_scope_covers_its_comments(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root, other = say("Root."), say("Other.")
    reply = say("Reply.", to=root)
    follow(root, "post@x.example", "post")
    follow(root, "thread@x.example", "thread")
    follow(root, "root@x.example", "replies")
    follow(reply, "reply@x.example", "replies")
    follow(other, "other@x.example", "thread")
    new = [say("To root.", to=root), say("To reply.", to=reply), say("Alone.")]
    announce(*new)
    expected = {
        "post": ["To root.", "To reply.", "Alone."],
        "thread": ["To root.", "To reply."],
        "root": ["To root."],
        "reply": ["To reply."],
        "other": [],
    }
    assert {name: excerpts(mailoutbox, f"{name}@x.example") for name in expected} == expected


def test_replies_on_the_deepest_level_notify_the_writer_they_answer(say: Say, mailoutbox: list[EmailMessage]) -> None:
    chain = [say("0")]
    for level in range(1, 32):
        chain.append(say(str(level), to=chain[-1]))
    follow(chain[-1], REA, "replies")
    answer = say("Answer.", to=chain[-1])
    assert answer.parent == chain[-2]
    announce(answer)
    assert excerpts(mailoutbox, REA) == ["Answer."]


def test_comments_on_another_post_are_not_announced(say: Say, make_post: Any, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    announce(say("Elsewhere.", post_id=make_post("second").pk))
    assert mailoutbox == []


def test_an_unconfirmed_subscription_receives_nothing(say: Say, mailoutbox: list[EmailMessage]) -> None:
    subscription = follow(say())
    Subscription.objects.filter(pk=subscription.pk).update(confirmed_at=None)
    announce(say("New."))
    assert mailoutbox == []


def test_several_matching_subscriptions_send_one_notification_with_the_most_specific_reason(
    say: Say, mailoutbox: list[EmailMessage]
) -> None:
    root = say()
    for scope in ("post", "thread", "replies"):
        follow(root, REA, scope)
    announce(say("New.", to=root))
    (sent,) = mailoutbox
    assert excerpts(mailoutbox, REA) == ["New."]
    assert "You receive this because you subscribed to replies to your comment." in one_line(sent)
    assert "all comments on this post" not in one_line(sent)


@pytest.mark.parametrize("typed", [REA, "Rea@Reader.example", "rea+other@reader.example"])
def test_writers_are_not_notified_of_their_own_comments(say: Say, mailoutbox: list[EmailMessage], typed: str) -> None:
    root, own = say(), say("Mine.")
    follow(root)
    follow(root, SAM)
    Comment.objects.filter(pk=own.pk).update(email=typed)
    announce(own)
    assert to(mailoutbox) == [SAM]


def test_a_comment_without_an_email_notifies_every_subscriber(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    announce(say("New."))
    assert to(mailoutbox) == [REA]


def test_a_repeated_announcement_sends_nothing(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    comment = say("New.")
    for _time in range(3):
        announce(comment)
    assert len(mailoutbox) == 1
    assert OutgoingEmail.objects.count() == EmailItem.objects.count() == 1
    notifications.announce(comment)
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_announcements_notify_everybody_once(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """A lease may expire while its worker is still running."""
    root = say()
    for number in range(20):
        follow(root, f"reader{number:02}@x.example", "post")
    comment = say("New.", to=root)
    at_once(*[lambda: notifications.announce(comment)] * 3)
    worker.run_due()
    assert sorted(to(mailoutbox)) == [f"reader{number:02}@x.example" for number in range(20)]


def test_an_interrupted_announcement_is_resumed(
    say: Say, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "BATCH", 2)
    root = say()
    for number in range(5):
        follow(root, f"reader{number}@x.example", "post")
    comment, announce_to_batch, calls = say("New."), notifications._announce_to_batch, []

    def dying(*arguments: Any) -> int:
        calls.append(arguments)
        if len(calls) == 3:  # after one call for the thread, without subscribers, and one for two of the post
            raise RuntimeError("killed")
        return announce_to_batch(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(notifications, "_announce_to_batch", dying)
        announce(comment)
    assert len(mailoutbox) == 2
    with later(HOUR):
        worker.run_due()
    assert sorted(to(mailoutbox)) == [f"reader{number}@x.example" for number in range(5)]


def test_the_number_of_subscribers_does_not_change_the_number_of_queries(say: Say) -> None:
    root = say()

    def cost(subscribers: int) -> int:
        Subscription.objects.all().delete()
        for number in range(subscribers):
            follow(root, f"r{number}@{subscribers}.example")
        comment = say(f"For {subscribers}.")
        with CaptureQueriesContext(connection) as captured:
            notifications.announce(comment)
        assert EmailItem.objects.filter(comment=comment).count() == subscribers
        return len(captured)

    splits = 9 if connection.vendor == "sqlite" else 0  # it allows 999 values in a statement: messages, items, tasks
    assert cost(400) <= cost(3) + splits


# --- Number of emails -------------------------------------------------------------------------------------------------


def test_the_fourth_notification_of_a_day_collects_later_comments(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    for number in range(3):
        with later(number * HOUR):
            announce(say(f"Remark {number}."))
    assert len(mailoutbox) == 3
    for number in range(3, 6):
        with later(number * HOUR):
            announce(say(f"Remark {number}."))
    with later(DAY - timedelta(seconds=1)):
        worker.run_due()
    assert len(mailoutbox) == 3
    with later(DAY):
        worker.run_due()
        announce(say("Remark 6."))  # the second of the three is less than a day old
    assert len(mailoutbox) == 4
    assert excerpts(mailoutbox[3:], REA) == ["Remark 3.", "Remark 4.", "Remark 5."]
    assert received(mailoutbox[3])["Subject"] == "3 new comments on Marginalia"
    with later(DAY + HOUR):
        worker.run_due()
    assert excerpts(mailoutbox[4:], REA) == ["Remark 6."]


def test_the_limit_of_one_subscriber_delays_no_other(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root = say()
    follow(root)
    announce(*(say(f"Remark {number}.") for number in range(3)))
    follow(root, SAM)
    announce(say("New."))
    assert to(mailoutbox).count(SAM) == 1


def test_a_notification_states_how_many_comments_it_leaves_out(
    say: Say, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comments.mailing.contents.MAX_NEW_COMMENTS", 2)
    follow(say())
    for number in range(4):
        notifications.announce(say(f"Remark {number}."))
    worker.run_due()
    assert excerpts(mailoutbox, REA) == ["Remark 0.", "Remark 1."]
    assert "There are 2 more new comments on the blog." in one_line(mailoutbox[0])
    assert received(mailoutbox[0])["Subject"] == "4 new comments on Marginalia"


def test_a_failed_task_does_not_block_later_notifications(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """Otherwise a subscriber whose open notification lost its task would never receive anything again."""
    follow(say())
    notifications.announce(say("One."))
    Task.objects.filter(job="send-email").update(failed_at=clock.now(), attempts=worker.MAX_ATTEMPTS)
    announce(say("Two."))
    assert excerpts(mailoutbox, REA) == ["One.", "Two."]

"""News of comments: who is told of what, once, and in how many letters."""

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


def told(mailoutbox: list[EmailMessage], email: str) -> list[str]:
    """The words that an address was told of, mail by mail."""
    found = [re.findall(r"^> (.*)$", text_of(sent), re.MULTILINE) for sent in mailoutbox if sent.to == [email]]
    return [word for words in found for word in words]


# --- Who is told ------------------------------------------------------------------------------------------------------


def test_who_subscribed_to_what_is_told_of_that(say: Say, mailoutbox: list[EmailMessage]) -> None:
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
    assert {name: told(mailoutbox, f"{name}@x.example") for name in expected} == expected


def test_on_the_deepest_level_whom_it_answers_is_told(say: Say, mailoutbox: list[EmailMessage]) -> None:
    chain = [say("0")]
    for level in range(1, 32):
        chain.append(say(str(level), to=chain[-1]))
    follow(chain[-1], REA, "replies")
    answer = say("Answer.", to=chain[-1])
    assert answer.parent == chain[-2]
    announce(answer)
    assert told(mailoutbox, REA) == ["Answer."]


def test_the_post_of_another_is_not_told_of(say: Say, make_post: Any, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    announce(say("Elsewhere.", post_id=make_post("second").pk))
    assert mailoutbox == []


def test_an_unconfirmed_wish_is_told_nothing(say: Say, mailoutbox: list[EmailMessage]) -> None:
    wish = follow(say())
    Subscription.objects.filter(pk=wish.pk).update(confirmed_at=None)
    announce(say("New."))
    assert mailoutbox == []


def test_who_wants_it_several_times_is_told_once_by_the_closest(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root = say()
    for scope in ("post", "thread", "replies"):
        follow(root, REA, scope)
    announce(say("New.", to=root))
    (sent,) = mailoutbox
    assert told(mailoutbox, REA) == ["New."]
    assert "You asked to be told of replies to your comment." in one_line(sent)
    assert "all comments on this post" not in one_line(sent)


@pytest.mark.parametrize("typed", [REA, "Rea@Reader.example", "rea+other@reader.example"])
def test_nobody_is_told_of_their_own_words(say: Say, mailoutbox: list[EmailMessage], typed: str) -> None:
    root, own = say(), say("Mine.")
    follow(root)
    follow(root, SAM)
    Comment.objects.filter(pk=own.pk).update(email=typed)
    announce(own)
    assert to(mailoutbox) == [SAM]


def test_a_comment_without_an_address_is_nobodys_own(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    announce(say("New."))
    assert to(mailoutbox) == [REA]


def test_announced_again_nobody_is_told_again(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    comment = say("New.")
    for _time in range(3):
        announce(comment)
    assert len(mailoutbox) == 1
    assert OutgoingEmail.objects.count() == EmailItem.objects.count() == 1
    notifications.announce(comment)
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_announced_by_two_at_once_everybody_is_told_once(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """A lease may run out while its worker still works."""
    root = say()
    for number in range(20):
        follow(root, f"reader{number:02}@x.example", "post")
    comment = say("New.", to=root)
    at_once(*[lambda: notifications.announce(comment)] * 3)
    worker.run_due()
    assert sorted(to(mailoutbox)) == [f"reader{number:02}@x.example" for number in range(20)]


def test_an_announcement_that_was_broken_off_goes_on(
    say: Say, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "BATCH", 2)
    root = say()
    for number in range(5):
        follow(root, f"reader{number}@x.example", "post")
    comment, tell_batch, turns = say("New."), notifications._tell_batch, []

    def dying(*arguments: Any) -> int:
        turns.append(arguments)
        if len(turns) == 3:  # the thread has no subscribers, of the post the first two were told
            raise RuntimeError("killed")
        return tell_batch(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(notifications, "_tell_batch", dying)
        announce(comment)
    assert len(mailoutbox) == 2
    with later(HOUR):
        worker.run_due()
    assert sorted(to(mailoutbox)) == [f"reader{number}@x.example" for number in range(5)]


def test_many_subscribers_cost_no_more_queries(say: Say) -> None:
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

    splits = 9 if connection.vendor == "sqlite" else 0  # it takes 999 values in a statement: letters, notices, work
    assert cost(400) <= cost(3) + splits


# --- How many mails ---------------------------------------------------------------------------------------------------


def test_the_fourth_letter_of_a_day_gathers_what_comes(say: Say, mailoutbox: list[EmailMessage]) -> None:
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
        announce(say("Remark 6."))  # the second of the three is not a day old yet
    assert len(mailoutbox) == 4
    assert told(mailoutbox[3:], REA) == ["Remark 3.", "Remark 4.", "Remark 5."]
    assert received(mailoutbox[3])["Subject"] == "3 new comments on Marginalia"
    with later(DAY + HOUR):
        worker.run_due()
    assert told(mailoutbox[4:], REA) == ["Remark 6."]


def test_one_readers_digest_delays_no_other(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root = say()
    follow(root)
    announce(*(say(f"Remark {number}.") for number in range(3)))
    follow(root, SAM)
    announce(say("New."))
    assert to(mailoutbox).count(SAM) == 1


def test_of_very_many_the_letter_says_how_many_more(
    say: Say, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comments.mailing.contents.MOST_NEWS", 2)
    follow(say())
    for number in range(4):
        notifications.announce(say(f"Remark {number}."))
    worker.run_due()
    assert told(mailoutbox, REA) == ["Remark 0.", "Remark 1."]
    assert "2 more comments are on the blog." in one_line(mailoutbox[0])
    assert received(mailoutbox[0])["Subject"] == "4 new comments on Marginalia"


def test_what_was_given_up_before_it_was_closed_blocks_nobody(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """Else an address whose open letter lost its work would never hear of anything again."""
    follow(say())
    notifications.announce(say("One."))
    Task.objects.filter(job="post-letter").update(failed_at=clock.now(), attempts=worker.MAX_ATTEMPTS)
    announce(say("Two."))
    assert told(mailoutbox, REA) == ["One.", "Two."]

"""The life of a letter: sent once, of what is right when it goes, and visible where it does not go."""

import io
import logging
import smtplib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from blog.models import Post
from comments.mailing import notifications, outgoing
from comments.models import Comment, EmailItem, OutgoingEmail
from comments.moderation import steps
from core import clock
from core.models import Task
from core.tasks import queue, worker
from tests.blog.mailbox import received, text_of
from tests.comments.conftest import Say
from tests.comments.postbox import REA, SAM, announce, follow, path_in, rows_holding, to, with_address
from tests.comments.posting.test_races import LONG, SHORT, at_once, before
from tests.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
Refusal = Callable[..., int]


def refusing(error: Exception) -> Refusal:
    def send(message: EmailMessage, fail_silently: bool = False) -> int:
        raise error

    return send


def later(by: timedelta) -> Any:
    return clock.standing_at(NOON + by)


def test_a_letter_is_closed_then_sent_and_noted(say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say())
    worker.run_due()
    letter = OutgoingEmail.objects.get()
    assert (letter.closed_at, letter.sent_at) == (NOON, NOON)
    assert to(mailoutbox) == [REA]
    assert not Task.objects.exists()


def test_a_letter_that_was_sent_is_not_sent_again(say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say())
    for _time in range(2):
        queue.enqueue("post-letter", str(OutgoingEmail.objects.get().pk))
        worker.run_due()
    assert len(mailoutbox) == 1


def test_a_letter_that_is_gone_is_no_trouble(db: None) -> None:
    queue.enqueue("post-letter", "7")
    worker.run_due()
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_the_mail_server_takes_its_time_nothing_is_locked(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is closed by then, for everybody to see: what comes meanwhile goes into the next one."""
    root, one, two = say(), say("One."), say("Two.")
    follow(root)
    seen: list[Any] = []

    def slow(message: EmailMessage, fail_silently: bool = False) -> int:
        seen.append((connection.in_atomic_block, OutgoingEmail.objects.get(sent_at=None).closed_at))
        queue.enqueue("announce-comment", str(two.pk))
        return 1

    monkeypatch.setattr(EmailMessage, "send", slow)
    announce(one)
    assert seen == [(False, NOON), (False, NOON)]
    assert [notice.comment for notice in EmailItem.objects.order_by("message")] == [one, two]


def test_the_same_letter_has_the_same_name_whenever_it_is_sent(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """Killed between the mail and its note, we send it twice; a reader's program shows it once."""
    with_address(say())
    worker.run_due()
    letter = OutgoingEmail.objects.get()
    OutgoingEmail.objects.update(sent_at=None)
    with later(2 * DAY):
        queue.enqueue("post-letter", str(letter.pk))
        worker.run_due()
    first, second = (received(sent)["Message-ID"] for sent in mailoutbox)
    assert first == second == f"<letter-{letter.pk}.20261120@127.0.0.1>"


def test_two_letters_have_two_names(say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say())
    with_address(say("Two."), SAM)
    worker.run_due()
    assert len({received(sent)["Message-ID"] for sent in mailoutbox}) == 2


# --- A mail server that refuses -------------------------------------------------------------------------------------


REFUSALS = [
    ConnectionRefusedError("no mail server"),
    TimeoutError("timed out"),
    smtplib.SMTPRecipientsRefused({REA: (550, b"<rea@reader.example>: no such user rea")}),
    smtplib.SMTPSenderRefused(451, b"rea@reader.example is greylisted", "blog@x.example"),
    smtplib.SMTPDataError(554, b"spam to rea@reader.example"),
    smtplib.SMTPServerDisconnected("lost rea@reader.example"),
    UnicodeEncodeError("ascii", "é", 0, 1, "rea@reader.example"),
]


@pytest.mark.parametrize("error", REFUSALS, ids=[type(error).__name__ for error in REFUSALS])
def test_what_is_refused_is_tried_again_and_says_why_but_not_whose(
    say: Say, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    before = handler.setStream(written := io.StringIO())
    with_address(say())
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", refusing(error))
        worker.run_due()
    handler.setStream(before)
    work = Task.objects.get()
    assert type(error).__name__ in work.last_error
    assert "NotSent" in written.getvalue()
    assert "rea@" not in work.last_error + written.getvalue()
    assert OutgoingEmail.objects.get().sent_at is None
    with later(MINUTE):
        worker.run_due()
    assert to(mailoutbox) == [REA]
    assert not Task.objects.exists()


def test_what_is_refused_again_and_again_is_given_up_where_people_see_it(
    say: Say, monkeypatch: pytest.MonkeyPatch, client: Client, host: Any
) -> None:
    monkeypatch.setattr(EmailMessage, "send", refusing(ConnectionRefusedError("no mail server")))
    with_address(say())
    moment = NOON
    for _attempt in range(worker.MAX_ATTEMPTS):
        with clock.standing_at(moment):
            worker.run_due()
            moment = Task.objects.get().due_at
    assert Task.objects.get().failed_at
    client.force_login(host.user)
    page = client.get(reverse("admin:core_task_changelist")).content.decode()
    assert "post-letter" in page
    assert REA not in page


def test_after_a_refusal_only_what_is_still_right_is_sent(
    say: Say, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch, moderator: User
) -> None:
    follow(say())
    comment = say("Rude.")
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", refusing(ConnectionRefusedError()))
        announce(comment)
    steps.remove(comment, by=moderator, reason="")
    with later(MINUTE):
        worker.run_due()
    assert mailoutbox == []
    assert not OutgoingEmail.objects.exists()


# --- What is not sent -----------------------------------------------------------------------------------------------


def confirmed_meanwhile(comment: Comment) -> None:
    Comment.objects.update(email_confirmed_at=clock.now())


def erased(comment: Comment) -> None:
    steps.erase(comment)


def deleted(comment: Comment) -> None:
    steps.delete_by_writer(comment)


def called_spam(comment: Comment) -> None:
    steps.mark_spam(comment, by=User.objects.get(username="moderator"))


def without_its_post(comment: Comment) -> None:
    Post.objects.update(status="draft")


def in_a_hidden_discussion(comment: Comment) -> None:
    type(comment.discussion).objects.update(state="hidden")


@pytest.mark.parametrize(
    "change", [confirmed_meanwhile, erased, deleted, called_spam, without_its_post, in_a_hidden_discussion]
)
def test_a_question_that_needs_no_answer_any_more_is_not_put(
    change: Callable[[Comment], None], say: Say, mailoutbox: list[EmailMessage], moderator: User
) -> None:
    comment = with_address(say())
    change(comment)
    worker.run_due()
    assert mailoutbox == []
    letter = OutgoingEmail.objects.get()  # kept for a day: it counts against the limit
    assert letter.closed_at
    assert letter.sent_at is None


def test_secrets_and_words_are_made_while_the_mail_is(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """The link stands in the mail and nowhere else; no work holds an address or a text."""
    with_address(say("A violet remark."), scope="post")
    follow(say("Two."), SAM)
    arguments = set(Task.objects.values_list("argument", flat=True))
    assert all(argument.isdigit() or not argument for argument in arguments)
    announce(say("Three."))
    token = path_in(mailoutbox[0], "confirm-address").split("/")[3]
    stop = path_in(mailoutbox[1], "unsubscribe").split("/")[3]
    assert rows_holding("A violet remark.") == ["comments.Comment"]
    for secret in (token, stop, token.split(".")[1]):
        assert rows_holding(secret) == []


def test_the_log_holds_no_token(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say())
    worker.run_due()
    path = path_in(mailoutbox[0], "confirm-address")
    token = path.split("/")[3]
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    before = handler.setStream(written := io.StringIO())
    try:
        for page in ("confirm-address", "unsubscribe", "yours", "Yours"):
            client.get(f"/comments/{page}/{token}x/")
            Client(enforce_csrf_checks=True).post(f"/comments/{page}/{token}/")
        client.get(f"/comments/yours/{token}/comments.json?x")
    finally:
        handler.setStream(before)
    assert token not in written.getvalue()
    assert "/comments/yours/…/comments.json" in written.getvalue()


# --- Several at once ------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_mail(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root, two = say(), say("Two.")
    follow(root)
    with_address(two, SAM)
    say("Three.")
    at_once(*[worker.run_due] * 3)
    worker.run_due()
    assert sorted(to(mailoutbox)) == [REA, SAM]


@pytest.mark.django_db(transaction=True)
def test_a_rollback_takes_the_letter_away(say: Say, mailoutbox: list[EmailMessage]) -> None:
    comment = say()
    with transaction.atomic():
        outgoing.ask(OutgoingEmail.Kind.CONFIRM, email=REA, network_key=None, comment=comment)
        transaction.set_rollback(True)
    worker.run_due()
    assert mailoutbox == []
    assert not OutgoingEmail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_news_that_comes_while_a_letter_is_closed_is_not_lost(
    say: Say, mailoutbox: list[EmailMessage], noon: datetime
) -> None:
    """Many comments are announced by several while others send: each is told once, in one letter or another."""
    follow(say())
    told = [say(f"Remark {number}.") for number in range(6)]
    for comment in told:
        queue.enqueue("announce-comment", str(comment.pk))
    together = threading.Barrier(3)

    def work() -> None:
        together.wait()
        worker.run_due()

    at_once(work, work, work)
    with later(2 * DAY):
        worker.run_due()
    assert EmailItem.objects.count() == len(told)
    assert not OutgoingEmail.objects.filter(sent_at=None).exists()
    text = "\n".join(text_of(sent) for sent in mailoutbox)
    assert [text.count(f"> Remark {number}.") for number in range(6)] == [1] * 6


@pytest.mark.django_db(transaction=True)
def test_a_letter_is_not_closed_while_news_is_put_into_it(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """The announcer is held with the letter in its hand, until the sender is done or has to wait for it."""
    follow(say())
    notifications.announce(say("One."))
    letter, two = OutgoingEmail.objects.get(), say("Two.")
    in_hand, is_sent = threading.Event(), threading.Event()

    def hold() -> None:
        in_hand.set()
        is_sent.wait(SHORT)

    def announcer() -> None:
        with before('INTO "comments_emailitem"', hold):
            notifications.announce(two)

    def sender() -> None:
        in_hand.wait(LONG)
        outgoing.send(letter.pk)
        is_sent.set()

    at_once(announcer, sender)
    (sent,) = mailoutbox
    assert ["> One." in text_of(sent), "> Two." in text_of(sent)] == [True, True]


@pytest.mark.django_db(transaction=True)
def test_two_that_open_a_letter_at_once_open_one(own_post: Post) -> None:
    together = threading.Barrier(4)

    def hurry() -> int:
        together.wait()
        with transaction.atomic():
            return outgoing.open_news([REA, SAM])[REA].pk

    assert len(set(at_once(*[hurry] * 4))) == 1
    assert OutgoingEmail.objects.count() == 2

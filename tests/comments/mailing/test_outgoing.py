"""The life cycle of an outgoing email: sent once, with current contents; failures are visible to operators."""

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
from tests.comments.mailbox import REA, SAM, announce, follow, path_in, rows_holding, to, with_address
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


def test_a_message_is_closed_and_marked_as_sent(say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say())
    worker.run_due()
    message = OutgoingEmail.objects.get()
    assert (message.closed_at, message.sent_at) == (NOON, NOON)
    assert to(mailoutbox) == [REA]
    assert not Task.objects.exists()


def test_a_sent_message_is_not_sent_again(say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say())
    for _time in range(2):
        queue.enqueue("send-email", str(OutgoingEmail.objects.get().pk))
        worker.run_due()
    assert len(mailoutbox) == 1


def test_a_task_for_a_deleted_message_succeeds(db: None) -> None:
    queue.enqueue("send-email", "7")
    worker.run_due()
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_while_the_mail_server_works(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has been closed and committed by then, so later comments go into the next one."""
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
    assert [item.comment for item in EmailItem.objects.order_by("message")] == [one, two]


def test_a_message_sent_twice_has_one_message_id(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """If the process dies before `sent_at` is stored, the message is sent twice; a mail program shows it once."""
    with_address(say())
    worker.run_due()
    message = OutgoingEmail.objects.get()
    OutgoingEmail.objects.update(sent_at=None)
    with later(2 * DAY):
        queue.enqueue("send-email", str(message.pk))
        worker.run_due()
    first, second = (received(sent)["Message-ID"] for sent in mailoutbox)
    assert first == second == f"<email-{message.pk}.20261120@127.0.0.1>"


def test_two_messages_have_two_message_ids(say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say())
    with_address(say("Two."), SAM)
    worker.run_due()
    assert len({received(sent)["Message-ID"] for sent in mailoutbox}) == 2


# --- Failing mail servers -------------------------------------------------------------------------------------------


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
def test_a_refused_message_is_retried_and_its_error_names_no_receiver(
    say: Say, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    before = handler.setStream(written := io.StringIO())
    with_address(say())
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", refusing(error))
        worker.run_due()
    handler.setStream(before)
    task = Task.objects.get()
    assert type(error).__name__ in task.last_error
    assert "NotSent" in written.getvalue()
    assert "rea@" not in task.last_error + written.getvalue()
    assert OutgoingEmail.objects.get().sent_at is None
    with later(MINUTE):
        worker.run_due()
    assert to(mailoutbox) == [REA]
    assert not Task.objects.exists()


def test_a_message_refused_repeatedly_fails_visibly_in_the_admin(
    say: Say, monkeypatch: pytest.MonkeyPatch, client: Client, host: Any
) -> None:
    monkeypatch.setattr(EmailMessage, "send", refusing(ConnectionRefusedError("no mail server")))
    with_address(say())
    now = NOON
    for _attempt in range(worker.MAX_ATTEMPTS):
        with clock.standing_at(now):
            worker.run_due()
            now = Task.objects.get().due_at
    assert Task.objects.get().failed_at
    client.force_login(host.user)
    page = client.get(reverse("admin:core_task_changelist")).content.decode()
    assert "send-email" in page
    assert REA not in page


def test_a_retry_sends_only_what_is_still_true(
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


# --- Obsolete messages ----------------------------------------------------------------------------------------------


def confirmed_meanwhile(comment: Comment) -> None:
    Comment.objects.update(email_confirmed_at=clock.now())


def erased(comment: Comment) -> None:
    steps.erase(comment)


def deleted(comment: Comment) -> None:
    steps.delete_by_writer(comment)


def marked_as_spam(comment: Comment) -> None:
    steps.mark_spam(comment, by=User.objects.get(username="moderator"))


def on_a_draft(comment: Comment) -> None:
    Post.objects.update(status="draft")


def in_a_hidden_discussion(comment: Comment) -> None:
    type(comment.discussion).objects.update(state="hidden")


@pytest.mark.parametrize(
    "change", [confirmed_meanwhile, erased, deleted, marked_as_spam, on_a_draft, in_a_hidden_discussion]
)
def test_an_obsolete_confirmation_request_is_not_sent(
    change: Callable[[Comment], None], say: Say, mailoutbox: list[EmailMessage], moderator: User
) -> None:
    comment = with_address(say())
    change(comment)
    worker.run_due()
    assert mailoutbox == []
    message = OutgoingEmail.objects.get()  # kept for a day, to count for the limit
    assert message.closed_at
    assert message.sent_at is None


def test_links_and_texts_are_composed_at_the_time_of_sending(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """Only the email itself contains the link. Tasks hold neither email addresses nor texts."""
    with_address(say("A violet remark."), scope="post")
    follow(say("Two."), SAM)
    arguments = set(Task.objects.values_list("argument", flat=True))
    assert all(argument.isdigit() or not argument for argument in arguments)
    announce(say("Three."))
    token = path_in(mailoutbox[0], "confirm-address").split("/")[3]
    unsubscribe_token = path_in(mailoutbox[1], "unsubscribe").split("/")[3]
    assert rows_holding("A violet remark.") == ["comments.Comment"]
    for secret in (token, unsubscribe_token, token.split(".")[1]):
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


# --- Concurrency ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_send_each_message_once(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root, two = say(), say("Two.")
    follow(root)
    with_address(two, SAM)
    say("Three.")
    at_once(*[worker.run_due] * 3)
    worker.run_due()
    assert sorted(to(mailoutbox)) == [REA, SAM]


@pytest.mark.django_db(transaction=True)
def test_a_rollback_removes_the_message(say: Say, mailoutbox: list[EmailMessage]) -> None:
    comment = say()
    with transaction.atomic():
        outgoing.send_requested(OutgoingEmail.Kind.CONFIRM, email=REA, network_key=None, comment=comment)
        transaction.set_rollback(True)
    worker.run_due()
    assert mailoutbox == []
    assert not OutgoingEmail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_comments_announced_while_messages_close_are_not_lost(
    say: Say, mailoutbox: list[EmailMessage], noon: datetime
) -> None:
    """Several threads announce comments and send messages. Every comment arrives exactly once."""
    follow(say())
    comments = [say(f"Remark {number}.") for number in range(6)]
    for comment in comments:
        queue.enqueue("announce-comment", str(comment.pk))
    together = threading.Barrier(3)

    def run() -> None:
        together.wait()
        worker.run_due()

    at_once(run, run, run)
    with later(2 * DAY):
        worker.run_due()
    assert EmailItem.objects.count() == len(comments)
    assert not OutgoingEmail.objects.filter(sent_at=None).exists()
    text = "\n".join(text_of(sent) for sent in mailoutbox)
    assert [text.count(f"> Remark {number}.") for number in range(6)] == [1] * 6


@pytest.mark.django_db(transaction=True)
def test_a_message_is_not_closed_while_an_item_is_added(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """The announcer holds the lock until the sender is done or has to wait for it."""
    follow(say())
    notifications.announce(say("One."))
    message, two = OutgoingEmail.objects.get(), say("Two.")
    is_locked, is_sent = threading.Event(), threading.Event()

    def hold() -> None:
        is_locked.set()
        is_sent.wait(SHORT)

    def announcer() -> None:
        with before('INTO "comments_emailitem"', hold):
            notifications.announce(two)

    def sender() -> None:
        is_locked.wait(LONG)
        outgoing.send(message.pk)
        is_sent.set()

    at_once(announcer, sender)
    (sent,) = mailoutbox
    assert ["> One." in text_of(sent), "> Two." in text_of(sent)] == [True, True]


@pytest.mark.django_db(transaction=True)
def test_concurrent_announcements_open_one_message(own_post: Post) -> None:
    together = threading.Barrier(4)

    def open_one() -> int:
        together.wait()
        with transaction.atomic():
            return outgoing.open_notifications([REA, SAM])[REA].pk

    assert len(set(at_once(*[open_one] * 4))) == 1
    assert OutgoingEmail.objects.count() == 2

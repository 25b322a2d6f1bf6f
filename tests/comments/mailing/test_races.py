"""Mail while something else happens. Each holds one of two until the other is where it would be in the way."""

import threading

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from blog.models import Post
from comments.mailing import notifications, subscriptions
from comments.models import Comment, EmailItem, OutgoingEmail, Subscription
from tests.comments.conftest import Say
from tests.comments.held_comments import as_if_held
from tests.comments.mailbox import REA, follow, with_address
from tests.comments.posting.test_races import LONG, SHORT, at_once, before, without_locks

pytestmark = [pytest.mark.django_db(transaction=True), without_locks]

WRITE_NOTICE = 'INSERT INTO "comments_emailitem"'
WRITE_LETTER = 'INSERT INTO "comments_outgoingemail"'
CHANGE_WISH = 'UPDATE "comments_subscription"'


def end_while(statement: str, act: object, wish: Subscription) -> None:
    """`act` is about to write something that hangs on a subscription, and somebody ends that."""
    is_writing = threading.Event()

    def hold() -> None:
        is_writing.set()
        threading.Event().wait(SHORT)

    def write() -> None:
        with before(statement, hold):
            act()  # type: ignore[operator]

    def end() -> None:
        is_writing.wait(LONG)
        subscriptions.unsubscribe([wish.pk])

    at_once(write, end)


def test_who_ends_mail_while_a_letter_is_filled_gets_none(say: Say) -> None:
    wish, news = follow(say("Root.")), say("News.")
    end_while(WRITE_NOTICE, lambda: notifications.announce(news), wish)
    assert not Subscription.objects.exists()
    assert not EmailItem.objects.exists()


def test_a_wish_that_ends_while_it_is_asked_for_again(say: Say, own_post: Post) -> None:
    wish = follow(root := say("Root."))

    def ask() -> None:
        scope = Subscription.Scope.POST
        subscriptions.subscribe(discussion=root.discussion, scope=scope, email=wish.email, network_key=None)

    end_while(WRITE_LETTER, ask, wish)
    assert not OutgoingEmail.objects.filter(kind=OutgoingEmail.Kind.CONFIRM).exists()


def test_to_confirm_and_to_write_in_the_thread_do_not_wait_for_each_other(say: Say) -> None:
    """Both need the thread and the wish: in one order."""
    comment = with_address(say("Root."), REA, scope="thread")
    wish = Subscription.objects.get()
    is_ours, is_waiting = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Comment.objects.lock_thread(comment.path)
            is_ours.set()
            is_waiting.wait(SHORT)
            subscriptions.ask_to_confirm(Comment.objects.select_related("discussion").get(pk=comment.pk), "thread")
            Subscription.objects.filter(pk=wish.pk).update(confirmed_at=None)

    def confirm() -> None:
        is_ours.wait(LONG)
        subscriptions.confirm(subscriptions.Asked(comment, wish))

    at_once(write, confirm)
    wish.refresh_from_db()
    assert wish.confirmed_at


def test_the_digest_waits_for_no_comment_that_is_being_decided_on(
    say: Say, moderator: User, own_post: Post, blog: object
) -> None:
    """It holds several at a time, in another order than whoever hides a thread."""
    one, other = as_if_held(say("One.")), as_if_held(say("Another."))
    User.objects.filter(pk=moderator.pk).update(email="moderator@example.org")
    is_held, is_told = threading.Event(), threading.Event()

    def decide() -> None:
        with transaction.atomic():
            Comment.objects.lock_thread(one.path)
            is_held.set()
            assert is_told.wait(10)

    def tell() -> None:
        is_held.wait(LONG)
        notifications.tell_moderators()
        is_told.set()

    at_once(decide, tell)
    told = Comment.objects.exclude(moderators_told_at=None)
    assert list(told) == [other]

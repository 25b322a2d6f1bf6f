"""Races between mailing and other transactions. Each test holds one side until the other would be in its way."""

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

INSERT_ITEM = 'INSERT INTO "comments_emailitem"'
INSERT_MESSAGE = 'INSERT INTO "comments_outgoingemail"'


def unsubscribe_during(statement: str, act: object, subscription: Subscription) -> None:
    """Run `act` and end the subscription while `act` is about to execute `statement`, which refers to it."""
    is_writing = threading.Event()

    def hold() -> None:
        is_writing.set()
        threading.Event().wait(SHORT)

    def write() -> None:
        with before(statement, hold):
            act()  # type: ignore[operator]

    def end() -> None:
        is_writing.wait(LONG)
        subscriptions.unsubscribe([subscription.pk])

    at_once(write, end)


def test_unsubscribing_while_an_item_is_added_removes_the_item(say: Say) -> None:
    subscription, comment = follow(say("Root.")), say("New.")
    unsubscribe_during(INSERT_ITEM, lambda: notifications.announce(comment), subscription)
    assert not Subscription.objects.exists()
    assert not EmailItem.objects.exists()


def test_unsubscribing_while_subscribing_again_leaves_no_message(say: Say, own_post: Post) -> None:
    subscription = follow(root := say("Root."))

    def subscribe() -> None:
        scope = Subscription.Scope.POST
        subscriptions.subscribe(discussion=root.discussion, scope=scope, email=subscription.email, network_key=None)

    unsubscribe_during(INSERT_MESSAGE, subscribe, subscription)
    assert not OutgoingEmail.objects.filter(kind=OutgoingEmail.Kind.CONFIRM).exists()


def test_confirming_and_commenting_in_one_thread_do_not_deadlock(say: Say) -> None:
    """Both lock the thread and the subscription, in the same order."""
    comment = with_address(say("Root."), REA, scope="thread")
    subscription = Subscription.objects.get()
    is_locked, is_waiting = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Comment.objects.lock_thread(comment.path)
            is_locked.set()
            is_waiting.wait(SHORT)
            subscriptions.request_confirmation(
                Comment.objects.select_related("discussion").get(pk=comment.pk), "thread"
            )
            Subscription.objects.filter(pk=subscription.pk).update(confirmed_at=None)

    def confirm() -> None:
        is_locked.wait(LONG)
        subscriptions.confirm(subscriptions.Confirmation(comment, subscription))

    at_once(write, confirm)
    subscription.refresh_from_db()
    assert subscription.confirmed_at


def test_the_digest_skips_comments_that_a_moderator_is_deciding_on(
    say: Say, moderator: User, own_post: Post, blog: object
) -> None:
    """It locks several comments, in another order than a moderator who hides a thread."""
    one, other = as_if_held(say("One.")), as_if_held(say("Another."))
    User.objects.filter(pk=moderator.pk).update(email="moderator@example.org")
    is_held, is_created = threading.Event(), threading.Event()

    def decide() -> None:
        with transaction.atomic():
            Comment.objects.lock_thread(one.path)
            is_held.set()
            assert is_created.wait(10)

    def create() -> None:
        is_held.wait(LONG)
        notifications.create_digest()
        is_created.set()

    at_once(decide, create)
    listed = Comment.objects.exclude(moderators_told_at=None)
    assert list(listed) == [other]

"""Unsubscribing: with one click, at any time, and only from one's own subscriptions."""

from datetime import datetime, timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from blog.models import Post
from comments.models import OutgoingEmail, Subscription
from core import clock
from core.mailing import signed_links
from core.mailing.signed_links import Purpose
from tests.attacks import assert_harmless
from tests.comments.conftest import Say
from tests.comments.mailbox import REA, SAM, follow, question, with_address
from tests.core.mailing.test_signed_links import NONSENSE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

DAY = timedelta(days=1)


def unsubscribe_path(*subscriptions: Subscription, message_id: int = 0) -> str:
    token = signed_links.create(Purpose.UNSUBSCRIBE, [message_id, *(subscription.pk for subscription in subscriptions)])
    return f"/comments/unsubscribe/{token}/"


def test_a_mail_program_unsubscribes_with_one_post(say: Say) -> None:
    """RFC 8058: without cookie, CSRF token or second page. A repeated request gets the same answer."""
    subscription, other = follow(say()), follow(say("Two."), SAM)
    program = Client(enforce_csrf_checks=True)
    answers = [program.post(unsubscribe_path(subscription), {"List-Unsubscribe": "One-Click"}) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert not any(answer.cookies for answer in answers)
    assert list(Subscription.objects.all()) == [other]


def test_the_page_shows_the_subscription_before_ending_it(client: Client, say: Say, own_post: Post) -> None:
    subscription = follow(say())
    page = client.get(unsubscribe_path(subscription)).content.decode()
    assert own_post.title in page
    assert "Nothing has been changed yet" in page
    assert "You will no longer get" in client.post(unsubscribe_path(subscription), {"stop": "yes"}).content.decode()
    assert "You will no longer get" in client.get(unsubscribe_path(subscription)).content.decode()


@pytest.mark.parametrize("method", ["get", "head", "options", "put"])
def test_opening_the_link_ends_nothing(client: Client, say: Say, method: str) -> None:
    """N4."""
    subscription = follow(say())
    getattr(client, method)(unsubscribe_path(subscription))
    client.get(unsubscribe_path(subscription), {"all": "yes", "List-Unsubscribe": "One-Click"})
    assert Subscription.objects.get() == subscription


def test_the_link_never_expires(client: Client, say: Say, noon: datetime) -> None:
    subscription = follow(say())
    path = unsubscribe_path(subscription)
    with clock.standing_at(noon + 3650 * DAY):
        client.post(path)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("token", [token for token in NONSENSE if token.isprintable() and token.strip(".")])
def test_an_unreadable_link_ends_nothing_and_says_so(client: Client, say: Say, token: str) -> None:
    follow(say())
    answer = client.post(f"/comments/unsubscribe/{token}/", {"all": "yes"})
    assert answer.status_code == 200
    assert "could not read this link" in answer.content.decode()
    assert client.get(f"/comments/unsubscribe/{token}/").status_code == 404
    assert Subscription.objects.count() == 1


def test_all_mail_to_one_receiver_can_be_stopped(client: Client, say: Say) -> None:
    first, second, other = follow(say()), follow(say("Two."), scope="thread"), follow(say("Three."), SAM)
    OutgoingEmail.objects.create(kind="news", email=REA)
    page = client.post(unsubscribe_path(first), {"stop": "yes"}).content.decode()
    assert "Stop all mail to this address" in page
    assert Subscription.objects.filter(pk=second.pk).exists()
    assert "We will not send any more mail" in client.post(unsubscribe_path(second), {"all": "yes"}).content.decode()
    assert list(Subscription.objects.all()) == [other]
    assert not OutgoingEmail.objects.exists()


def test_all_mail_can_be_stopped_after_the_subscription_ended(client: Client, say: Say) -> None:
    first, second = follow(say()), follow(say("Two."), scope="thread")
    message = OutgoingEmail.objects.create(kind="news", email=REA, closed_at=clock.now(), sent_at=clock.now())
    path = unsubscribe_path(first, message_id=message.pk)
    assert "Stop all mail to this address" in client.post(path, {"stop": "yes"}).content.decode()
    client.post(path, {"all": "yes"})
    assert not Subscription.objects.filter(pk=second.pk).exists()


def test_a_token_for_something_else_ends_nothing(client: Client, say: Say) -> None:
    """N4, A2: neither a token for another purpose nor one for another subscription."""
    subscription, other = follow(say()), follow(say("Two."), SAM)
    for purpose in (Purpose.CONFIRM, Purpose.ACCESS):
        client.post(f"/comments/unsubscribe/{signed_links.create(purpose, [0, subscription.pk])}/")
    client.post(unsubscribe_path(other))
    assert Subscription.objects.get() == subscription


def test_the_pages_do_not_reveal_titles_of_hidden_posts(
    client: Client, say: Say, own_post: Post, mailoutbox: list[EmailMessage]
) -> None:
    root, comment = say(), say("Two.")
    subscription = follow(root, SAM)
    with_address(comment, scope="post")
    path = question(mailoutbox)
    Post.objects.filter(pk=own_post.pk).update(status="draft")
    for page in (path, unsubscribe_path(subscription)):
        assert own_post.title not in client.get(page).content.decode()
        assert own_post.title not in client.post(page).content.decode()


def test_the_pages_are_private(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    root, comment = say(), say("Two.")
    subscription = follow(root, SAM)
    with_address(comment)
    for path in (question(mailoutbox), unsubscribe_path(subscription)):
        for page in (client.get(path), client.post(path)):
            assert page["Cache-Control"] == "no-store"
            assert page["Referrer-Policy"] == "same-origin"
            assert "noindex" in page["X-Robots-Tag"]
            assert_harmless(page.content.decode(), page=True)

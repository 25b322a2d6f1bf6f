"""Confirming an email address: only the button behind an emailed link does it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import transaction
from django.test import Client

from blog.models import Post
from comments.mailing.subscriptions import request_confirmation
from comments.models import Comment, OutgoingEmail, Subscription
from comments.moderation import steps
from core import clock
from core.mailing import signed_links
from core.mailing.signed_links import Purpose
from core.models import Task
from core.tasks import worker
from tests.comments.conftest import Say
from tests.comments.mailbox import OWN_PAGE, REA, SAM, one_line, question, whole, with_address
from tests.core.mailing.test_signed_links import NONSENSE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

DAY = timedelta(days=1)
TEXT = "A violet remark that nobody but me knows."


def page_of(post: Post) -> str:
    return f"/comments/subscribe/{post.pk}/"


def subscribe(browser: Client, post: Post, email: str = REA, **more: str) -> Any:
    return browser.post(page_of(post), {"email": email} | more, headers=OWN_PAGE)


def as_held(comment: Comment, *codes: str) -> Comment:
    findings = [{"code": code, "score": 1} for code in codes]
    Comment.objects.filter(pk=comment.pk).update(
        state="pending", shown=False, published_at=None, findings=findings, source=TEXT
    )
    comment.refresh_from_db()
    return comment


# --- Confirming -------------------------------------------------------------------------------------------------------


def test_the_confirmation_request_does_not_quote_the_comment(
    say: Say, mailoutbox: list[EmailMessage], client: Client
) -> None:
    """A stranger may have typed the receiver's email address, and the comment may be spam."""
    comment = with_address(say(TEXT, name="Violetta Visible"), scope="replies")
    path = question(mailoutbox)
    for text in (whole(mailoutbox[0]), client.get(path).content.decode(), client.post(path).content.decode()):
        assert "violet" not in text.casefold()
    comment.refresh_from_db()
    assert comment.email_confirmed_at == clock.now()
    subscription = Subscription.objects.get()
    assert (subscription.comment, subscription.scope, subscription.confirmed_at) == (comment, "replies", clock.now())


def test_one_message_asks_to_confirm_comment_and_subscription(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root = say()
    with_address(say("Yes.", to=root), scope="thread")
    question(mailoutbox)
    assert len(mailoutbox) == 1
    assert Subscription.objects.get().comment == root
    assert "new comments in one thread under “Own Post”" in one_line(mailoutbox[0])


def test_without_a_subscription_the_message_promises_no_mail(say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say())
    question(mailoutbox)
    assert not Subscription.objects.exists()
    assert "we will e-mail you" not in one_line(mailoutbox[0])


@pytest.mark.parametrize("scope", ["everything", "'; --", "\x00"])
def test_an_unknown_scope_is_ignored(say: Say, scope: str) -> None:
    with_address(say(), scope=scope)
    assert not Subscription.objects.exists()


def test_a_proved_email_needs_no_confirmation(say: Say, own_post: Post, mailoutbox: list[EmailMessage]) -> None:
    Subscription.objects.create(discussion=own_post.discussion, scope="post", email=REA)
    with_address(say(), scope="post", proved=True)
    worker.run_due()
    assert mailoutbox == []
    assert not OutgoingEmail.objects.exists()
    assert Subscription.objects.get().confirmed_at == clock.now()


def test_a_comment_without_an_email_asks_nobody(say: Say) -> None:
    with transaction.atomic():
        request_confirmation(say(), "post")
    assert not Subscription.objects.exists()
    assert not OutgoingEmail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_comment_asks_nobody(say: Say, mailoutbox: list[EmailMessage]) -> None:
    comment = say()
    with transaction.atomic():
        with_address(comment, scope="post")
        transaction.set_rollback(True)
    worker.run_due()
    assert mailoutbox == []
    assert not OutgoingEmail.objects.exists()


def test_a_browser_that_confirmed_subscribes_without_a_message(
    client: Client, own_post: Post, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    with_address(say())
    client.post(question(mailoutbox))
    sent = subscribe(client, own_post)
    assert sent["Location"] == f"{page_of(own_post)}?done"
    assert "you will get new comments from now on" in client.get(sent["Location"]).content.decode()
    assert Subscription.objects.get().confirmed_at == clock.now()
    assert subscribe(client, own_post, SAM)["Location"].endswith("?sent")
    assert Subscription.objects.get(email=SAM).confirmed_at is None


def test_a_cross_site_request_does_not_use_the_cookie(
    client: Client, own_post: Post, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    with_address(say())
    client.post(question(mailoutbox))
    client.post(page_of(own_post), {"email": REA}, headers={"Sec-Fetch-Site": "cross-site"})
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_opening_the_link_confirms_nothing(
    client: Client, say: Say, mailoutbox: list[EmailMessage], method: str
) -> None:
    """C8: mail scanners open every link."""
    comment = with_address(say(), scope="post")
    path = question(mailoutbox)
    answer = getattr(client, method)(path)
    client.get(path, {"_method": "POST"}, headers={"X-HTTP-Method-Override": "POST"})
    comment.refresh_from_db()
    assert comment.email_confirmed_at is None
    assert Subscription.objects.get().confirmed_at is None
    assert "address" not in answer.cookies


def test_the_button_needs_a_csrf_token(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """Otherwise another site could plant the proof of its own email address in this browser."""
    with_address(say())
    path = question(mailoutbox)
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(path).status_code == 403
    browser.get(path)
    assert browser.post(path, {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}).status_code == 200


def test_the_link_can_be_used_repeatedly_for_three_days(
    client: Client, say: Say, mailoutbox: list[EmailMessage], noon: datetime
) -> None:
    comment = with_address(say(), scope="post")
    path = question(mailoutbox)
    client.post(path)
    with clock.standing_at(noon + 3 * DAY):
        other = Client()
        assert other.post(path).status_code == 200
        assert "address" in other.cookies
    comment.refresh_from_db()
    assert comment.email_confirmed_at == noon
    with clock.standing_at(noon + 3 * DAY + timedelta(seconds=1)):
        late = Client()
        assert (late.get(path).status_code, late.post(path).status_code) == (404, 404)
        assert "address" not in late.cookies


@pytest.mark.parametrize("purpose", [Purpose.ACCESS, Purpose.UNSUBSCRIBE])
def test_a_token_for_another_purpose_does_not_confirm(client: Client, say: Say, purpose: Purpose) -> None:
    """A2."""
    comment = with_address(say())
    token = signed_links.create(purpose, [comment.pk, 0])
    assert client.post(f"/comments/confirm-address/{token}/").status_code == 404
    comment.refresh_from_db()
    assert comment.email_confirmed_at is None


@pytest.mark.parametrize("page", ["confirm-address", "yours"])
@pytest.mark.parametrize("token", [token for token in NONSENSE if token.isprintable() and token.strip(".")])
def test_a_forged_link_is_not_found(client: Client, page: str, token: str) -> None:
    assert client.get(f"/comments/{page}/{token}/").status_code == 404
    assert client.post(f"/comments/{page}/{token}/").status_code == 404


def test_an_erased_comment_cannot_be_confirmed(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    comment = with_address(say())
    path = question(mailoutbox)
    steps.erase(comment)
    assert client.post(path).status_code == 404
    assert client.cookies.get("address") is None
    comment.refresh_from_db()
    assert comment.email_confirmed_at is None


def test_a_comment_can_be_confirmed_after_its_subscription_ended(
    client: Client, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    comment = with_address(say(), scope="post")
    path = question(mailoutbox)
    Subscription.objects.all().delete()
    assert client.post(path).status_code == 200
    comment.refresh_from_db()
    assert comment.email_confirmed_at


# --- Publishing comments of known writers -----------------------------------------------------------------------------


def test_confirming_publishes_a_held_comment_of_a_known_writer(
    client: Client, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    with_address(say("An earlier one."), proved=True)
    held = with_address(as_held(say("New."), "first"))
    client.get(path := question(mailoutbox))
    held.refresh_from_db()
    assert held.state == "pending"
    assert "Go to your comment" in client.post(path).content.decode()
    held.refresh_from_db()
    assert (held.state, held.shown, held.published_at) == ("published", True, clock.now())
    event = held.events.last()
    assert event
    assert (event.actor, event.reason) == (None, "The writer confirmed an e-mail address that is known here.")
    assert Task.objects.filter(job="announce-comment", argument=str(held.pk)).exists()


@pytest.mark.parametrize("codes", [["links"], ["first", "links"], []])
def test_a_comment_held_for_another_reason_stays_held(
    client: Client, say: Say, mailoutbox: list[EmailMessage], codes: list[str]
) -> None:
    with_address(say("An earlier one."), proved=True)
    held = with_address(as_held(say("New."), *codes))
    client.post(question(mailoutbox))
    held.refresh_from_db()
    assert (held.state, held.email_confirmed_at) == ("pending", clock.now())


def test_a_comment_of_a_new_writer_stays_held(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    """S4, finding 9: neither a typed email address of a known writer nor an unapproved comment makes one known."""
    with_address(say("Typed, not proved."))
    with_address(as_held(say("Held, too."), "first"), proved=True)
    held = with_address(as_held(say("New."), "first"))
    page = client.post(question(mailoutbox)).content.decode()
    held.refresh_from_db()
    assert held.state == "pending"
    assert "may be waiting for a moderator" in page

"""Confirming an address: by a button behind a mailed link, and by nothing else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import transaction
from django.test import Client

from blog.models import Post
from comments.mailing.subscriptions import ask_to_confirm
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
WORDS = "A violet remark that nobody but me knows."


def page_of(post: Post) -> str:
    return f"/comments/subscribe/{post.pk}/"


def ask(browser: Client, post: Post, email: str = REA, **more: str) -> Any:
    return browser.post(page_of(post), {"email": email} | more, headers=OWN_PAGE)


def as_held(comment: Comment, *codes: str) -> Comment:
    findings = [{"code": code, "score": 1} for code in codes]
    Comment.objects.filter(pk=comment.pk).update(
        state="pending", shown=False, published_at=None, findings=findings, source=WORDS
    )
    comment.refresh_from_db()
    return comment


# --- Confirming -------------------------------------------------------------------------------------------------------


def test_a_comment_with_an_address_is_asked_about_without_its_words(
    say: Say, mailoutbox: list[EmailMessage], client: Client
) -> None:
    """Who reads the mail may be somebody else, and the comment may be spam."""
    comment = with_address(say(WORDS, name="Violetta Visible"), scope="replies")
    path = question(mailoutbox)
    for said in (whole(mailoutbox[0]), client.get(path).content.decode(), client.post(path).content.decode()):
        assert "violet" not in said.casefold()
    comment.refresh_from_db()
    assert comment.email_confirmed_at == clock.now()
    wish = Subscription.objects.get()
    assert (wish.comment, wish.scope, wish.confirmed_at) == (comment, "replies", clock.now())


def test_one_letter_asks_about_the_comment_and_the_wish(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root = say()
    with_address(say("Yes.", to=root), scope="thread")
    question(mailoutbox)
    assert len(mailoutbox) == 1
    assert Subscription.objects.get().comment == root
    assert "what is said in one thread under “Own Post”" in one_line(mailoutbox[0])


def test_an_address_without_a_wish_is_asked_about_alone(say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say())
    question(mailoutbox)
    assert not Subscription.objects.exists()
    assert "We are to tell" not in one_line(mailoutbox[0])


@pytest.mark.parametrize("scope", ["everything", "'; --", "\x00"])
def test_a_wish_that_does_not_exist_is_none(say: Say, scope: str) -> None:
    with_address(say(), scope=scope)
    assert not Subscription.objects.exists()


def test_a_proved_address_needs_no_mail(say: Say, own_post: Post, mailoutbox: list[EmailMessage]) -> None:
    Subscription.objects.create(discussion=own_post.discussion, scope="post", email=REA)
    with_address(say(), scope="post", proved=True)
    worker.run_due()
    assert mailoutbox == []
    assert not OutgoingEmail.objects.exists()
    assert Subscription.objects.get().confirmed_at == clock.now()


def test_a_comment_without_an_address_asks_nobody(say: Say) -> None:
    with transaction.atomic():
        ask_to_confirm(say(), "post")
    assert not Subscription.objects.exists()
    assert not OutgoingEmail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_comment_that_is_not_stored_after_all_asks_nobody(say: Say, mailoutbox: list[EmailMessage]) -> None:
    comment = say()
    with transaction.atomic():
        with_address(comment, scope="post")
        transaction.set_rollback(True)
    worker.run_due()
    assert mailoutbox == []
    assert not OutgoingEmail.objects.exists()


def test_the_browser_that_confirmed_asks_without_a_mail(
    client: Client, own_post: Post, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    with_address(say())
    client.post(question(mailoutbox))
    sent = ask(client, own_post)
    assert sent["Location"] == f"{page_of(own_post)}?done"
    assert "you will get new comments from now on" in client.get(sent["Location"]).content.decode()
    assert Subscription.objects.get().confirmed_at == clock.now()
    assert ask(client, own_post, SAM)["Location"].endswith("?sent")
    assert Subscription.objects.get(email=SAM).confirmed_at is None


def test_from_elsewhere_the_cookie_is_not_read(
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
    """C8: programs that look through mail open every link."""
    comment = with_address(say(), scope="post")
    path = question(mailoutbox)
    answer = getattr(client, method)(path)
    client.get(path, {"_method": "POST"}, headers={"X-HTTP-Method-Override": "POST"})
    comment.refresh_from_db()
    assert comment.email_confirmed_at is None
    assert Subscription.objects.get().confirmed_at is None
    assert "address" not in answer.cookies


def test_the_button_needs_the_token_of_its_page(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """Else another site could give this browser the proof of an address of its own."""
    with_address(say())
    path = question(mailoutbox)
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(path).status_code == 403
    browser.get(path)
    assert browser.post(path, {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}).status_code == 200


def test_the_link_works_again_for_three_days_and_changes_nothing_more(
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
def test_no_other_token_confirms(client: Client, say: Say, purpose: Purpose) -> None:
    """A2."""
    comment = with_address(say())
    token = signed_links.mint(purpose, [comment.pk, 0])
    assert client.post(f"/comments/confirm-address/{token}/").status_code == 404
    comment.refresh_from_db()
    assert comment.email_confirmed_at is None


@pytest.mark.parametrize("page", ["confirm-address", "yours"])
@pytest.mark.parametrize("token", [token for token in NONSENSE if token.isprintable() and token.strip(".")])
def test_a_link_that_never_was_leads_nowhere(client: Client, page: str, token: str) -> None:
    assert client.get(f"/comments/{page}/{token}/").status_code == 404
    assert client.post(f"/comments/{page}/{token}/").status_code == 404


def test_after_the_erasure_nothing_can_be_confirmed(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    comment = with_address(say())
    path = question(mailoutbox)
    steps.erase(comment)
    assert client.post(path).status_code == 404
    assert client.cookies.get("address") is None
    comment.refresh_from_db()
    assert comment.email_confirmed_at is None


def test_the_comment_can_be_confirmed_after_the_wish_is_gone(
    client: Client, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    comment = with_address(say(), scope="post")
    path = question(mailoutbox)
    Subscription.objects.all().delete()
    assert client.post(path).status_code == 200
    comment.refresh_from_db()
    assert comment.email_confirmed_at


# --- Letting somebody known through -----------------------------------------------------------------------------------


def test_who_is_known_waits_no_longer(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
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
    assert (event.actor, event.reason) == (None, "The address was confirmed, and its owner is known here.")
    assert Task.objects.filter(job="announce-comment", argument=str(held.pk)).exists()


@pytest.mark.parametrize("codes", [["links"], ["first", "links"], []])
def test_what_waits_for_another_reason_waits_on(
    client: Client, say: Say, mailoutbox: list[EmailMessage], codes: list[str]
) -> None:
    with_address(say("An earlier one."), proved=True)
    held = with_address(as_held(say("New."), *codes))
    client.post(question(mailoutbox))
    held.refresh_from_db()
    assert (held.state, held.email_confirmed_at) == ("pending", clock.now())


def test_who_is_new_waits_on(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    """S4, finding 9: a typed address of somebody known is no proof, nor is a comment that nobody approved."""
    with_address(say("Typed, not proved."))
    with_address(as_held(say("Held, too."), "first"), proved=True)
    held = with_address(as_held(say("New."), "first"))
    page = client.post(question(mailoutbox)).content.decode()
    held.refresh_from_db()
    assert held.state == "pending"
    assert "may be waiting for a moderator" in page

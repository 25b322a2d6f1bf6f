"""Subscribing without writing a comment, and revealing nothing to those who probe email addresses."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from blog.models import Post
from blog.publishing import lifecycle
from comments.mailing import outgoing, subscriptions
from comments.models import OutgoingEmail, Subscription
from core import clock
from core.models import Task
from core.tasks import worker
from tests.attacks import ATTACKS, assert_harmless
from tests.blog.mailbox import received
from tests.comments.conftest import Say
from tests.comments.mailbox import OWN_PAGE, REA, SAM, bare, follow, one_line, question, to, with_address
from tests.comments.posting.test_races import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def page_of(post: Post) -> str:
    return f"/comments/subscribe/{post.pk}/"


def subscribe(browser: Client, post: Post, email: str = REA, **more: str) -> Any:
    return browser.post(page_of(post), {"email": email} | more, headers=OWN_PAGE)


# --- Subscribing ------------------------------------------------------------------------------------------------------


def test_the_discussion_links_to_the_form(client: Client, own_post: Post) -> None:
    page = client.get(own_post.get_absolute_url()).content.decode()
    assert f'href="{page_of(own_post)}"' in page
    assert 'href="/comments/yours/"' in page
    form = client.get(page_of(own_post))
    assert form["Cache-Control"] == "no-store"
    assert form["Referrer-Policy"] == "same-origin"
    assert "noindex" in form["X-Robots-Tag"]
    assert not form.cookies


def test_a_subscription_takes_effect_once_it_is_confirmed(
    client: Client, own_post: Post, mailoutbox: list[EmailMessage]
) -> None:
    sent = subscribe(client, own_post, "Rea@Reader.example")
    assert (sent.status_code, sent["Location"]) == (303, f"{page_of(own_post)}?sent")
    subscription = Subscription.objects.get()
    assert (subscription.email, subscription.scope, subscription.comment, subscription.confirmed_at) == (
        REA,
        "post",
        None,
        None,
    )
    path = question(mailoutbox)
    assert to(mailoutbox) == [REA]
    text = one_line(mailoutbox[0])
    assert "we will e-mail you about all new comments on “Own Post”" in text
    assert "works for 3 days" in text
    assert received(mailoutbox[0])["Subject"] == "Marginalia: please confirm your e-mail address"
    assert "Yes, it was me" in client.get(path).content.decode()
    subscription.refresh_from_db()
    assert subscription.confirmed_at is None
    assert "we will e-mail you about new comments on this post" in client.post(path).content.decode()
    subscription.refresh_from_db()
    assert subscription.confirmed_at == clock.now()


def test_any_comment_identifies_its_thread(client: Client, own_post: Post, say: Say) -> None:
    root = say()
    reply = say("Yes.", to=root)
    page = client.get(f"{page_of(own_post)}?thread={reply.public_id}").content.decode()
    assert "This thread" in page
    assert f'value="{root.public_id}"' in page
    subscribe(client, own_post, scope="thread", thread=reply.public_id)
    assert Subscription.objects.get().comment == root
    subscribe(client, own_post, SAM, scope="post", thread=reply.public_id)
    assert Subscription.objects.get(email=SAM).comment is None


@pytest.mark.parametrize("thread", ["", "x", "0" * 11, "z" * 11, "'\"><script>", "9" * 400, "\x00"])
def test_an_unknown_thread_means_the_whole_post(client: Client, own_post: Post, thread: str) -> None:
    assert client.get(page_of(own_post), {"thread": thread}).status_code == 200
    assert subscribe(client, own_post, scope="thread", thread=thread).status_code == 303
    assert Subscription.objects.get().scope == "post"


def test_an_unknown_scope_is_refused(client: Client, own_post: Post, say: Say) -> None:
    thread = say().public_id
    for scope in ("replies", "all", "", "'--", "\x00"):
        assert subscribe(client, own_post, scope=scope, thread=thread).status_code == 400
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("typed", ["", "rea", "%@%", f"{REA}\r\nBcc: {SAM}", f"{REA}, {SAM}", "a@b", "\x00@x.example"])
def test_an_invalid_email_is_refused_with_an_error(client: Client, own_post: Post, typed: str) -> None:
    answer = subscribe(client, own_post, typed)
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless_in_every_field(client: Client, own_post: Post, attack: str) -> None:
    for page in (
        subscribe(client, own_post, attack, scope=attack, thread=attack),
        client.post(page_of(own_post), {"email": attack, "thread": attack}),
        client.get(page_of(own_post), {"thread": attack}),
        client.post("/comments/yours/", {"email": attack}),
    ):
        assert_harmless(page.content.decode(), page=True)


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil"}]
)
def test_a_cross_site_request_must_be_confirmed_with_a_token(own_post: Post, headers: dict[str, str]) -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post(page_of(own_post), {"email": REA}, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert REA in page
    assert "One more step" in page
    assert not OutgoingEmail.objects.exists()
    token = browser.cookies["csrftoken"].value
    form = {"email": REA, "csrfmiddlewaretoken": token}
    assert browser.post(f"{page_of(own_post)}confirm/", {"email": REA}).status_code == 403
    assert not OutgoingEmail.objects.exists()
    assert browser.post(f"{page_of(own_post)}confirm/", form).status_code == 303
    assert OutgoingEmail.objects.count() == 1


def test_a_closed_or_hidden_discussion_takes_no_subscriptions(client: Client, own_post: Post) -> None:
    own_post.discussion.__class__.objects.update(state="readonly")
    assert "is closed" in client.get(page_of(own_post)).content.decode()
    assert subscribe(client, own_post).status_code == 409
    assert page_of(own_post) not in client.get(own_post.get_absolute_url()).content.decode()
    own_post.discussion.__class__.objects.update(state="hidden")
    assert client.get(page_of(own_post)).status_code == 404
    assert subscribe(client, own_post).status_code == 404
    own_post.discussion.__class__.objects.update(state="open")
    lifecycle.withdraw(own_post, note="")
    assert subscribe(client, own_post).status_code == 404
    assert client.get("/comments/subscribe/99999999999999999999/").status_code == 404
    assert not OutgoingEmail.objects.exists()


# --- Nothing revealed from outside ------------------------------------------------------------------------------------


def test_the_response_does_not_depend_on_what_is_known_of_an_email(client: Client, own_post: Post, say: Say) -> None:
    """A5: every state of an email address."""
    root = say()
    follow(root, "confirmed@reader.example")
    Subscription.objects.create(discussion=own_post.discussion, scope="post", email="unconfirmed@reader.example")
    with_address(root, "writer@reader.example", proved=True)
    seen = set()
    for name in ("confirmed", "unconfirmed", "writer", "nobody"):
        browser = Client()
        sent = subscribe(browser, own_post, f"{name}@reader.example")
        page = browser.get(sent["Location"])
        seen.add((sent.status_code, sent.content, str(sent.headers), bare(page), str(page.headers), len(sent.cookies)))
    assert len(seen) == 1


def test_a_known_email_costs_the_same_work(client: Client, own_post: Post, say: Say) -> None:
    follow(say(), "confirmed@reader.example")
    counts = []
    for name in ("confirmed", "nobody"):
        before = OutgoingEmail.objects.count(), Task.objects.count()
        subscribe(client, own_post, f"{name}@reader.example")
        counts.append((OutgoingEmail.objects.count() - before[0], Task.objects.count() - before[1]))
    assert counts == [(1, 1), (1, 1)]


def test_a_confirmed_subscriber_is_not_asked_again(
    client: Client, own_post: Post, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    subscription = follow(say())
    subscribe(client, own_post)
    worker.run_due()
    assert mailoutbox == []
    assert Subscription.objects.get() == subscription


def test_above_the_limit_nothing_is_sent_and_the_response_is_the_same(
    client: Client, own_post: Post, mailoutbox: list[EmailMessage], noon: datetime
) -> None:
    """N2, N3: all spellings of an email address count together."""
    variants = [REA, "REA@Reader.example", "rea+1@reader.example", "Rea+2@reader.example", "rea+3@READER.example"]
    answers = {(subscribe(client, own_post, email)["Location"]) for email in variants}
    assert answers == {f"{page_of(own_post)}?sent"}
    client.post("/comments/yours/", {"email": REA})
    worker.run_due()
    assert len(mailoutbox) == outgoing.MAX_REQUESTED_PER_MAILBOX
    assert not Subscription.objects.filter(email="rea+3@reader.example").exists()
    subscribe(client, own_post, SAM)  # other receivers are not affected
    worker.run_due()
    assert to(mailoutbox)[-1] == SAM
    with clock.standing_at(noon + DAY):
        subscribe(client, own_post)
        worker.run_due()
    assert to(mailoutbox)[-1] == REA


def test_sql_wildcards_do_not_affect_the_limits(client: Client, own_post: Post) -> None:
    for email in ("%@reader.example", "r_a@reader.example", "r%@reader.example", "\\@reader.example"):
        subscribe(client, own_post, email)
    assert OutgoingEmail.objects.count() in (3, 4)  # Django decides whether the last one is valid
    subscribe(client, own_post, REA)
    assert OutgoingEmail.objects.filter(email=REA).count() == 1


def test_a_network_can_request_ten_messages_an_hour(client: Client, own_post: Post, noon: datetime) -> None:
    for number in range(12):
        assert subscribe(client, own_post, f"reader{number}@reader.example")["Location"].endswith("?sent")
    assert OutgoingEmail.objects.count() == Subscription.objects.count() == outgoing.MAX_REQUESTED_PER_NETWORK
    client.post("/comments/yours/", {"email": SAM})
    assert not OutgoingEmail.objects.filter(email=SAM).exists()
    browser = Client(REMOTE_ADDR="198.51.100.7")
    subscribe(browser, own_post, SAM)
    assert OutgoingEmail.objects.filter(email=SAM).exists()
    with clock.standing_at(noon + HOUR):
        subscribe(client, own_post, "late@reader.example")
    assert OutgoingEmail.objects.filter(email="late@reader.example").exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_do_not_exceed_the_limit(own_post: Post) -> None:
    together = threading.Barrier(6)

    def request() -> None:
        together.wait()
        subscriptions.subscribe(
            discussion=own_post.discussion, scope=Subscription.Scope.POST, email=REA, network_key=b"x" * 32
        )

    at_once(*[request] * 6)
    assert OutgoingEmail.objects.count() == outgoing.MAX_REQUESTED_PER_MAILBOX
    assert Subscription.objects.count() == 1


def test_a_repeated_request_stores_one_subscription(own_post: Post) -> None:
    for _time in range(2):
        subscriptions.subscribe(
            discussion=own_post.discussion, scope=Subscription.Scope.POST, email=REA, network_key=None
        )
    assert Subscription.objects.count() == 1

"""Asking for mail without writing a comment, and nothing told to whoever tries out addresses."""

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


def ask(browser: Client, post: Post, email: str = REA, **more: str) -> Any:
    return browser.post(page_of(post), {"email": email} | more, headers=OWN_PAGE)


# --- Asking without writing -------------------------------------------------------------------------------------------


def test_the_way_to_the_form_stands_in_the_discussion(client: Client, own_post: Post) -> None:
    page = client.get(own_post.get_absolute_url()).content.decode()
    assert f'href="{page_of(own_post)}"' in page
    assert 'href="/comments/yours/"' in page
    form = client.get(page_of(own_post))
    assert form["Cache-Control"] == "no-store"
    assert form["Referrer-Policy"] == "same-origin"
    assert "noindex" in form["X-Robots-Tag"]
    assert not form.cookies


def test_a_wish_is_asked_about_and_in_force_after_the_button(
    client: Client, own_post: Post, mailoutbox: list[EmailMessage]
) -> None:
    sent = ask(client, own_post, "Rea@Reader.example")
    assert (sent.status_code, sent["Location"]) == (303, f"{page_of(own_post)}?sent")
    wish = Subscription.objects.get()
    assert (wish.email, wish.scope, wish.comment, wish.confirmed_at) == (REA, "post", None, None)
    path = question(mailoutbox)
    assert to(mailoutbox) == [REA]
    text = one_line(mailoutbox[0])
    assert "tell you of all new comments on “Own Post”" in text
    assert "good for 3 days" in text
    assert received(mailoutbox[0])["Subject"] == "Is this your address? Marginalia"
    assert "Yes, it was me" in client.get(path).content.decode()
    wish.refresh_from_db()
    assert wish.confirmed_at is None
    assert "we tell you of new comments on this post" in client.post(path).content.decode()
    wish.refresh_from_db()
    assert wish.confirmed_at == clock.now()


def test_a_thread_can_be_meant_by_any_comment_in_it(client: Client, own_post: Post, say: Say) -> None:
    root = say()
    reply = say("Yes.", to=root)
    page = client.get(f"{page_of(own_post)}?thread={reply.public_id}").content.decode()
    assert "What is said in this thread" in page
    assert f'value="{root.public_id}"' in page
    ask(client, own_post, scope="thread", thread=reply.public_id)
    assert Subscription.objects.get().comment == root
    ask(client, own_post, SAM, scope="post", thread=reply.public_id)
    assert Subscription.objects.get(email=SAM).comment is None


@pytest.mark.parametrize("thread", ["", "x", "0" * 11, "z" * 11, "'\"><script>", "9" * 400, "\x00"])
def test_a_thread_that_is_not_there_means_the_post(client: Client, own_post: Post, thread: str) -> None:
    assert client.get(page_of(own_post), {"thread": thread}).status_code == 200
    assert ask(client, own_post, scope="thread", thread=thread).status_code == 303
    assert Subscription.objects.get().scope == "post"


def test_a_scope_that_does_not_exist_is_refused(client: Client, own_post: Post, say: Say) -> None:
    thread = say().public_id
    for scope in ("replies", "all", "", "'--", "\x00"):
        assert ask(client, own_post, scope=scope, thread=thread).status_code == 400
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("typed", ["", "rea", "%@%", f"{REA}\r\nBcc: {SAM}", f"{REA}, {SAM}", "a@b", "\x00@x.example"])
def test_what_is_no_address_comes_back_with_a_word(client: Client, own_post: Post, typed: str) -> None:
    answer = ask(client, own_post, typed)
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless_in_every_field(client: Client, own_post: Post, attack: str) -> None:
    for page in (
        ask(client, own_post, attack, scope=attack, thread=attack),
        client.post(page_of(own_post), {"email": attack, "thread": attack}),
        client.get(page_of(own_post), {"thread": attack}),
        client.post("/comments/yours/", {"email": attack}),
    ):
        assert_harmless(page.content.decode(), page=True)


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil"}]
)
def test_from_elsewhere_it_is_asked_again_with_a_token(own_post: Post, headers: dict[str, str]) -> None:
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


def test_where_nothing_is_said_any_more_there_is_nothing_to_tell(client: Client, own_post: Post) -> None:
    own_post.discussion.__class__.objects.update(state="readonly")
    assert "is closed" in client.get(page_of(own_post)).content.decode()
    assert ask(client, own_post).status_code == 409
    assert page_of(own_post) not in client.get(own_post.get_absolute_url()).content.decode()
    own_post.discussion.__class__.objects.update(state="hidden")
    assert client.get(page_of(own_post)).status_code == 404
    assert ask(client, own_post).status_code == 404
    own_post.discussion.__class__.objects.update(state="open")
    lifecycle.withdraw(own_post, note="")
    assert ask(client, own_post).status_code == 404
    assert client.get("/comments/subscribe/99999999999999999999/").status_code == 404
    assert not OutgoingEmail.objects.exists()


# --- What can be seen from outside ------------------------------------------------------------------------------------


def test_known_or_not_the_answer_is_the_same(client: Client, own_post: Post, say: Say) -> None:
    """A5: every state in which an address can be."""
    root = say()
    follow(root, "confirmed@reader.example")
    Subscription.objects.create(discussion=own_post.discussion, scope="post", email="unconfirmed@reader.example")
    with_address(root, "writer@reader.example", proved=True)
    seen = set()
    for name in ("confirmed", "unconfirmed", "writer", "nobody"):
        browser = Client()
        sent = ask(browser, own_post, f"{name}@reader.example")
        page = browser.get(sent["Location"])
        seen.add((sent.status_code, sent.content, str(sent.headers), bare(page), str(page.headers), len(sent.cookies)))
    assert len(seen) == 1


def test_as_much_is_done_for_an_address_that_is_known(client: Client, own_post: Post, say: Say) -> None:
    follow(say(), "confirmed@reader.example")
    counts = []
    for name in ("confirmed", "nobody"):
        before = OutgoingEmail.objects.count(), Task.objects.count()
        ask(client, own_post, f"{name}@reader.example")
        counts.append((OutgoingEmail.objects.count() - before[0], Task.objects.count() - before[1]))
    assert counts == [(1, 1), (1, 1)]


def test_who_has_confirmed_is_sent_nothing_more(
    client: Client, own_post: Post, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    wish = follow(say())
    ask(client, own_post)
    worker.run_due()
    assert mailoutbox == []
    assert Subscription.objects.get() == wish


def test_over_the_limit_nothing_is_sent_and_nothing_else_is_said(
    client: Client, own_post: Post, mailoutbox: list[EmailMessage], noon: datetime
) -> None:
    """N2, N3: an address counts however it is written."""
    variants = [REA, "REA@Reader.example", "rea+1@reader.example", "Rea+2@reader.example", "rea+3@READER.example"]
    answers = {(ask(client, own_post, email)["Location"]) for email in variants}
    assert answers == {f"{page_of(own_post)}?sent"}
    client.post("/comments/yours/", {"email": REA})
    worker.run_due()
    assert len(mailoutbox) == outgoing.MOST_TO_ONE_EMAIL
    assert not Subscription.objects.filter(email="rea+3@reader.example").exists()
    ask(client, own_post, SAM)  # as far as others are concerned
    worker.run_due()
    assert to(mailoutbox)[-1] == SAM
    with clock.standing_at(noon + DAY):
        ask(client, own_post)
        worker.run_due()
    assert to(mailoutbox)[-1] == REA


def test_signs_of_the_database_widen_no_limit_and_narrow_none(client: Client, own_post: Post) -> None:
    for email in ("%@reader.example", "r_a@reader.example", "r%@reader.example", "\\@reader.example"):
        ask(client, own_post, email)
    assert OutgoingEmail.objects.count() in (3, 4)  # whether the last one is an address, Django decides
    ask(client, own_post, REA)
    assert OutgoingEmail.objects.filter(email=REA).count() == 1


def test_one_network_can_ask_ten_times_an_hour(client: Client, own_post: Post, noon: datetime) -> None:
    for number in range(12):
        assert ask(client, own_post, f"reader{number}@reader.example")["Location"].endswith("?sent")
    assert OutgoingEmail.objects.count() == Subscription.objects.count() == outgoing.MOST_FROM_ONE_NETWORK
    client.post("/comments/yours/", {"email": SAM})
    assert not OutgoingEmail.objects.filter(email=SAM).exists()
    browser = Client(REMOTE_ADDR="198.51.100.7")
    ask(browser, own_post, SAM)
    assert OutgoingEmail.objects.filter(email=SAM).exists()
    with clock.standing_at(noon + HOUR):
        ask(client, own_post, "late@reader.example")
    assert OutgoingEmail.objects.filter(email="late@reader.example").exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_no_way_around_the_limit(own_post: Post) -> None:
    together = threading.Barrier(6)

    def hurry() -> None:
        together.wait()
        subscriptions.subscribe(
            discussion=own_post.discussion, scope=Subscription.Scope.POST, email=REA, network_key=b"x" * 32
        )

    at_once(*[hurry] * 6)
    assert OutgoingEmail.objects.count() == outgoing.MOST_TO_ONE_EMAIL
    assert Subscription.objects.count() == 1


def test_the_database_takes_each_wish_once(own_post: Post) -> None:
    for _time in range(2):
        subscriptions.subscribe(
            discussion=own_post.discussion, scope=Subscription.Scope.POST, email=REA, network_key=None
        )
    assert Subscription.objects.count() == 1

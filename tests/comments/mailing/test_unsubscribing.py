"""Ending mail: with one click, for ever, and only one's own."""

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


def way_out(*wishes: Subscription, letter: int = 0) -> str:
    token = signed_links.mint(Purpose.UNSUBSCRIBE, [letter, *(wish.pk for wish in wishes)])
    return f"/comments/unsubscribe/{token}/"


def test_a_mail_program_ends_it_with_one_post(say: Say) -> None:
    """RFC 8058: no cookie, no token, no second page; and answered alike the second time."""
    wish, other = follow(say()), follow(say("Two."), SAM)
    program = Client(enforce_csrf_checks=True)
    answers = [program.post(way_out(wish), {"List-Unsubscribe": "One-Click"}) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert not any(answer.cookies for answer in answers)
    assert list(Subscription.objects.all()) == [other]


def test_people_see_first_what_it_is_about(client: Client, say: Say, own_post: Post) -> None:
    wish = follow(say())
    page = client.get(way_out(wish)).content.decode()
    assert own_post.title in page
    assert "Nothing has been changed yet" in page
    assert "You will no longer get" in client.post(way_out(wish), {"stop": "yes"}).content.decode()
    assert "You will no longer get" in client.get(way_out(wish)).content.decode()


@pytest.mark.parametrize("method", ["get", "head", "options", "put"])
def test_opening_the_way_out_ends_nothing(client: Client, say: Say, method: str) -> None:
    """N4."""
    wish = follow(say())
    getattr(client, method)(way_out(wish))
    client.get(way_out(wish), {"all": "yes", "List-Unsubscribe": "One-Click"})
    assert Subscription.objects.get() == wish


def test_the_way_out_never_closes(client: Client, say: Say, noon: datetime) -> None:
    wish = follow(say())
    path = way_out(wish)
    with clock.standing_at(noon + 3650 * DAY):
        client.post(path)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("token", [token for token in NONSENSE if token.isprintable() and token.strip(".")])
def test_nonsense_ends_nothing_and_is_answered_politely(client: Client, say: Say, token: str) -> None:
    follow(say())
    answer = client.post(f"/comments/unsubscribe/{token}/", {"all": "yes"})
    assert answer.status_code == 200
    assert "could not read this link" in answer.content.decode()
    assert client.get(f"/comments/unsubscribe/{token}/").status_code == 404
    assert Subscription.objects.count() == 1


def test_all_mail_to_an_address_can_be_stopped(client: Client, say: Say) -> None:
    first, second, other = follow(say()), follow(say("Two."), scope="thread"), follow(say("Three."), SAM)
    OutgoingEmail.objects.create(kind="news", email=REA)
    page = client.post(way_out(first), {"stop": "yes"}).content.decode()
    assert "Stop all mail to this address" in page
    assert Subscription.objects.filter(pk=second.pk).exists()
    assert "We will not send any more mail" in client.post(way_out(second), {"all": "yes"}).content.decode()
    assert list(Subscription.objects.all()) == [other]
    assert not OutgoingEmail.objects.exists()


def test_the_letter_still_knows_whom_to_leave_alone(client: Client, say: Say) -> None:
    first, second = follow(say()), follow(say("Two."), scope="thread")
    letter = OutgoingEmail.objects.create(kind="news", email=REA, closed_at=clock.now(), sent_at=clock.now())
    path = way_out(first, letter=letter.pk)
    assert "Stop all mail to this address" in client.post(path, {"stop": "yes"}).content.decode()
    client.post(path, {"all": "yes"})
    assert not Subscription.objects.filter(pk=second.pk).exists()


def test_another_token_ends_nothing(client: Client, say: Say) -> None:
    """N4, A2: neither one for another purpose, nor one for another's subscription."""
    wish, other = follow(say()), follow(say("Two."), SAM)
    for purpose in (Purpose.CONFIRM, Purpose.ACCESS):
        client.post(f"/comments/unsubscribe/{signed_links.mint(purpose, [0, wish.pk])}/")
    client.post(way_out(other))
    assert Subscription.objects.get() == wish


def test_no_title_of_a_hidden_post_stands_on_these_pages(
    client: Client, say: Say, own_post: Post, mailoutbox: list[EmailMessage]
) -> None:
    root, comment = say(), say("Two.")
    wish = follow(root, SAM)
    with_address(comment, scope="post")
    path = question(mailoutbox)
    Post.objects.filter(pk=own_post.pk).update(status="draft")
    for page in (path, way_out(wish)):
        assert own_post.title not in client.get(page).content.decode()
        assert own_post.title not in client.post(page).content.decode()


def test_pages_behind_links_are_nobodys_but_the_readers(
    client: Client, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    root, comment = say(), say("Two.")
    wish = follow(root, SAM)
    with_address(comment)
    for path in (question(mailoutbox), way_out(wish)):
        for page in (client.get(path), client.post(path)):
            assert page["Cache-Control"] == "no-store"
            assert page["Referrer-Policy"] == "same-origin"
            assert "noindex" in page["X-Robots-Tag"]
            assert_harmless(page.content.decode(), page=True)

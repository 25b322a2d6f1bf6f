"""Erasing what is stored under an e-mail address: completely, even after an interruption."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.test import Client

from blog.models import Post
from comments.mailing import notifications
from comments.models import Comment, EmailItem, OutgoingEmail, Subscription
from comments.moderation import steps
from core import clock
from core.models import Task
from core.tasks import worker
from tests.comments.conftest import Say
from tests.comments.mailbox import (
    REA,
    SAM,
    announce,
    path_in,
    rows_holding,
    to,
    with_address,
)
from tests.comments.personal_history import TEXT, create_history
from tests.comments.thread_integrity import assert_whole
from tests.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def history(say: Say, moderator: User, mailoutbox: list[EmailMessage]) -> list[Comment]:
    comments = create_history(say, moderator)
    mailoutbox.clear()
    return comments


def link(browser: Client, mailoutbox: list[EmailMessage], email: str = REA) -> str:
    """Request the link to the page, and return the path in it."""
    browser.post("/comments/yours/", {"email": email})
    worker.run_due()
    return path_in(mailoutbox[-1], "yours")


def test_nothing_is_erased_before_confirmation(
    client: Client, history: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    """C8."""
    path = link(client, mailoutbox)
    for method in ("get", "head", "options", "put", "delete"):
        getattr(client, method)(f"{path}erase/")
        getattr(client, method)(path)
    assert "6 comments that were sent with this e-mail address" in client.get(f"{path}erase/").content.decode()
    assert Client(enforce_csrf_checks=True).post(f"{path}erase/").status_code == 403
    assert Comment.objects.filter(email__iexact=REA).count() == len(history)


def test_after_the_erasure_nothing_about_the_person_is_left(
    client: Client, history: list[Comment], say: Say, own_post: Post, mailoutbox: list[EmailMessage]
) -> None:
    """Searches every column of every table, ignoring case, in text and in bytes."""
    nameless = Comment.objects.get(
        source="Newest."
    )  # the same name without an e-mail address: nobody can tell whose it is
    steps.erase(nameless)
    path = link(client, mailoutbox)
    notifications.announce(say("In an open message."))
    assert rows_holding("violetta"), "the test finds what is stored"
    response = client.post(f"{path}erase/")
    assert "Everything has been erased" in response.content.decode()
    for trace in ("violetta", "visible", "ochre", "crimson", "rea@reader", "n" * 32, (b"n" * 8).hex()):
        assert rows_holding(trace) == [], trace
    assert {comment.state for comment in Comment.objects.filter(pk__in=[one.pk for one in history])} == {"erased"}
    assert not OutgoingEmail.objects.filter(email__iexact=REA).exists()
    assert not EmailItem.objects.filter(email=REA).exists()
    assert not Subscription.objects.filter(email=REA).exists()
    assert_whole(own_post)


def test_replies_and_data_of_others_stay(
    client: Client, history: list[Comment], mailoutbox: list[EmailMessage], own_post: Post
) -> None:
    before = OutgoingEmail.objects.filter(email=SAM).count()
    client.post(f"{link(client, mailoutbox)}erase/")
    page = client.get(own_post.get_absolute_url()).content.decode()
    assert "An answer." in page
    assert TEXT not in page
    assert Subscription.objects.get().email == SAM
    assert OutgoingEmail.objects.filter(email=SAM).count() == before > 0


def test_the_cookie_that_proves_the_email_is_deleted(
    client: Client, history: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    path = link(client, mailoutbox)
    response = client.post(f"{path}erase/")
    assert (response.cookies["address"].value, response.cookies["address"]["path"]) == ("", "/comments/")


def test_the_link_does_not_work_after_the_erasure(
    client: Client, history: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    path = link(client, mailoutbox)
    client.post(f"{path}erase/")
    assert client.get(path).status_code == 404
    assert client.post(f"{path}erase/").status_code == 404


def test_no_mail_is_sent_after_the_erasure(
    client: Client, history: list[Comment], say: Say, mailoutbox: list[EmailMessage]
) -> None:
    path = link(client, mailoutbox)
    notifications.announce(say("In an open message."))
    client.post(f"{path}erase/")
    mailoutbox.clear()
    announce(say("Later.", to=Comment.objects.get(source="An answer.")))
    with clock.standing_at(NOON + 2 * DAY):
        worker.run_due()
    assert REA not in to(mailoutbox)


@pytest.mark.parametrize("done", [0, 1, 3, 6])
def test_an_interrupted_erasure_is_completed(
    done: int, client: Client, history: list[Comment], mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a second press of the button, or else by the worker."""
    path, erase = link(client, mailoutbox), steps.erase
    erased: list[Comment] = []

    def die_in_the_middle(comment: Comment) -> bool:
        if len(erased) == done:
            raise SystemExit("killed")
        erased.append(comment)
        return erase(comment)

    def die_at_the_end(self: Any) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(steps, "erase", die_in_the_middle)
        if done == len(history):
            patch.setattr(type(Subscription.objects.all()), "delete", die_at_the_end)
        with pytest.raises(SystemExit):
            client.post(f"{path}erase/")
    assert Comment.objects.filter(email__iexact=REA).count() == len(history) - done
    assert client.get(path).status_code == 200
    if done % 2:
        client.post(f"{path}erase/")
    else:
        with clock.standing_at(NOON + MINUTE):
            worker.run_due()
    assert rows_holding("rea@reader") == []
    with clock.standing_at(NOON + MINUTE):
        worker.run_due()
    assert not Task.objects.filter(job="erase-address").exists()


def test_wildcard_characters_in_an_email_match_nothing_else(
    client: Client, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    with_address(say("Hers."), "rea_r@reader.example", proved=True)
    with_address(say("Another's."), "reaxr@reader.example", proved=True)
    path = link(client, mailoutbox, "rea_r@reader.example")
    client.post(f"{path}erase/")
    assert Comment.objects.get(email="reaxr@reader.example").source == "Another's."
    assert rows_holding("rea_r") == []


def test_an_email_with_a_tag_is_a_different_one(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    """For limits they count as one. But not every mail server delivers mail for a+b to a."""
    with_address(say("Hers."), REA, proved=True)
    with_address(say("Tagged."), "rea+blog@reader.example", proved=True)
    page = client.get(link(client, mailoutbox, "rea+blog@reader.example")).content.decode()
    assert "Tagged." in page
    assert "Hers." not in page

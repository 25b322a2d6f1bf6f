"""Erasing the personal data of an email address: completely, even after an interruption."""

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
def life(say: Say, moderator: User, mailoutbox: list[EmailMessage]) -> list[Comment]:
    found = create_history(say, moderator)
    mailoutbox.clear()
    return found


def link(browser: Client, mailoutbox: list[EmailMessage], email: str = REA) -> str:
    """Request the link to one's personal data and return its path."""
    browser.post("/comments/yours/", {"email": email})
    worker.run_due()
    return path_in(mailoutbox[-1], "yours")


def test_nothing_is_erased_before_the_confirmation(
    client: Client, life: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    """C8."""
    path = link(client, mailoutbox)
    for method in ("get", "head", "options", "put", "delete"):
        getattr(client, method)(f"{path}erase/")
        getattr(client, method)(path)
    assert "6 comments that were sent with this e-mail address" in client.get(f"{path}erase/").content.decode()
    assert Client(enforce_csrf_checks=True).post(f"{path}erase/").status_code == 403
    assert Comment.objects.filter(email__iexact=REA).count() == len(life)


def test_an_erasure_leaves_no_trace(
    client: Client, life: list[Comment], say: Say, own_post: Post, mailoutbox: list[EmailMessage]
) -> None:
    """Search every column of every table, ignoring case, in text and in bytes."""
    nameless = Comment.objects.get(source="Newest.")  # the same name without an email address: its writer is unknown
    steps.erase(nameless)
    path = link(client, mailoutbox)
    notifications.announce(say("In an open message."))
    assert rows_holding("violetta"), "the search works"
    answer = client.post(f"{path}erase/")
    assert "Everything has been erased" in answer.content.decode()
    for trace in ("violetta", "visible", "ochre", "crimson", "rea@reader", "n" * 32, (b"n" * 8).hex()):
        assert rows_holding(trace) == [], trace
    assert {comment.state for comment in Comment.objects.filter(pk__in=[one.pk for one in life])} == {"erased"}
    assert not OutgoingEmail.objects.filter(email__iexact=REA).exists()
    assert not EmailItem.objects.filter(email=REA).exists()
    assert not Subscription.objects.filter(email=REA).exists()
    assert_whole(own_post)


def test_replies_and_the_data_of_others_stay(
    client: Client, life: list[Comment], mailoutbox: list[EmailMessage], own_post: Post
) -> None:
    before = OutgoingEmail.objects.filter(email=SAM).count()
    client.post(f"{link(client, mailoutbox)}erase/")
    page = client.get(own_post.get_absolute_url()).content.decode()
    assert "An answer." in page
    assert TEXT not in page
    assert Subscription.objects.get().email == SAM
    assert OutgoingEmail.objects.filter(email=SAM).count() == before > 0


def test_the_proof_of_the_email_is_deleted(client: Client, life: list[Comment], mailoutbox: list[EmailMessage]) -> None:
    path = link(client, mailoutbox)
    answer = client.post(f"{path}erase/")
    assert (answer.cookies["address"].value, answer.cookies["address"]["path"]) == ("", "/comments/")


def test_the_link_stops_working_after_the_erasure(
    client: Client, life: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    path = link(client, mailoutbox)
    client.post(f"{path}erase/")
    assert client.get(path).status_code == 404
    assert client.post(f"{path}erase/").status_code == 404


def test_no_mail_is_sent_after_the_erasure(
    client: Client, life: list[Comment], say: Say, mailoutbox: list[EmailMessage]
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
def test_an_interrupted_erasure_is_resumed(
    done: int, client: Client, life: list[Comment], mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By pressing the button again, or else by the worker."""
    path, erase = link(client, mailoutbox), steps.erase
    erased: list[Comment] = []

    def dying(comment: Comment) -> bool:
        if len(erased) == done:
            raise SystemExit("killed")
        erased.append(comment)
        return erase(comment)

    def dying_at_the_end(self: Any) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(steps, "erase", dying)
        if done == len(life):
            patch.setattr(type(Subscription.objects.all()), "delete", dying_at_the_end)
        with pytest.raises(SystemExit):
            client.post(f"{path}erase/")
    assert Comment.objects.filter(email__iexact=REA).count() == len(life) - done
    assert client.get(path).status_code == 200
    if done % 2:
        client.post(f"{path}erase/")
    else:
        with clock.standing_at(NOON + MINUTE):
            worker.run_due()
    assert rows_holding("rea@reader") == []
    with clock.standing_at(NOON + MINUTE):
        worker.run_due()
    assert not Task.objects.filter(job="erase-personal-data").exists()


def test_sql_wildcards_match_no_other_email(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say("Hers."), "rea_r@reader.example", proved=True)
    with_address(say("Another's."), "reaxr@reader.example", proved=True)
    path = link(client, mailoutbox, "rea_r@reader.example")
    client.post(f"{path}erase/")
    assert Comment.objects.get(email="reaxr@reader.example").source == "Another's."
    assert rows_holding("rea_r") == []


def test_a_tagged_email_is_separate(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    """Both count as one for limits, but not every mail server delivers a+b to a."""
    with_address(say("Hers."), REA, proved=True)
    with_address(say("Tagged."), "rea+blog@reader.example", proved=True)
    page = client.get(link(client, mailoutbox, "rea+blog@reader.example")).content.decode()
    assert "Tagged." in page
    assert "Hers." not in page

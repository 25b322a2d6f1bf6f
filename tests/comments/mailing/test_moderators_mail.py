"""The moderation digest: who receives it, which comments it lists, and how often it is sent."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse

from blog.models import Blog, Person, Post
from comments.mailing import notifications
from comments.models import Comment, OutgoingEmail
from comments.moderation import steps
from core import clock
from core.models import Task
from core.tasks import worker
from tests.attacks import ATTACKS
from tests.blog.mailbox import received, text_of
from tests.comments.conftest import Say
from tests.comments.mailbox import one_line, to
from tests.comments.posting.test_races import at_once
from tests.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOST, MODERATOR = "host@example.org", "moderator@example.org"
Hold = Callable[..., Comment]


@pytest.fixture(autouse=True)
def owned(blog: Blog, host: Person) -> None:
    blog.owner = host
    blog.save()


@pytest.fixture
def hold(say: Say) -> Hold:
    """Hold a comment as submission does."""

    def held(text: str = "May I?", **fields: Any) -> Comment:
        with transaction.atomic():
            comment = say(text, **fields)
            Comment.objects.filter(pk=comment.pk).update(state="pending", shown=False, published_at=None)
            notifications.schedule_digest()
        comment.refresh_from_db()
        return comment

    return held


def run(after: timedelta) -> None:
    with clock.standing_at(NOON + after):
        worker.run_due()


def excerpts(sent: EmailMessage) -> list[str]:
    return re.findall(r"^> (.*)$", text_of(sent), re.MULTILINE)


def test_every_moderator_receives_a_held_comment_once(
    hold: Hold, moderator: User, mailoutbox: list[EmailMessage]
) -> None:
    comment = hold("A *question*.", name="Sam Scholar")
    run(9 * MINUTE)
    assert mailoutbox == []
    run(10 * MINUTE)
    assert sorted(to(mailoutbox)) == [HOST, MODERATOR]
    text = text_of(mailoutbox[0])
    assert received(mailoutbox[0])["Subject"] == "1 comment is waiting for you on Marginalia"
    assert "Sam Scholar commented on “Own Post”:\n\n> A question.\n" in text
    for name, arguments in (("decide", [comment.pk]), ("queue", [])):
        path = reverse(f"admin:comments_comment_{name}", args=arguments)
        assert f"\nhttp://127.0.0.1:8000{path}\n" in text
    comment.refresh_from_db()
    assert comment.moderators_told_at == NOON + 10 * MINUTE
    run(9 * HOUR)
    assert len(mailoutbox) == 2


def test_only_staff_with_the_permission_receive_it(hold: Hold, moderator: User, mailoutbox: list[EmailMessage]) -> None:
    User.objects.create_user("reader", "reader@example.org")
    User.objects.create_user("writer", "writer@example.org", is_staff=True)
    User.objects.create_superuser("second", "Second@Example.org")
    User.objects.create_superuser("mailless", "")
    User.objects.create_superuser("gone", "gone@example.org", is_active=False)
    guest = User.objects.create_user("former", "former@example.org")  # still has the permission, but is no longer staff
    guest.user_permissions.set(moderator.user_permissions.all())
    hold()
    run(10 * MINUTE)
    assert sorted(to(mailoutbox)) == [HOST, MODERATOR, "second@example.org"]


def test_an_owner_who_is_also_a_moderator_receives_it_once(
    hold: Hold, host: Person, moderator: User, mailoutbox: list[EmailMessage]
) -> None:
    User.objects.filter(pk=moderator.pk).update(email="Host+blog@Example.org")
    hold()
    run(10 * MINUTE)
    assert to(mailoutbox) == [HOST]


def test_permissions_are_checked_when_the_digest_is_sent(
    hold: Hold, moderator: User, mailoutbox: list[EmailMessage]
) -> None:
    hold()
    with clock.standing_at(NOON + 10 * MINUTE):
        notifications.create_digest()
        moderator.user_permissions.clear()
        worker.run_due()
    assert to(mailoutbox) == [HOST]
    assert OutgoingEmail.objects.count() == 1


def test_a_blog_without_an_owner_notifies_its_moderators(
    hold: Hold, blog: Blog, moderator: User, mailoutbox: list[EmailMessage]
) -> None:
    Blog.objects.update(owner=None)
    User.objects.filter(username="host").update(email="")
    hold()
    run(10 * MINUTE)
    assert to(mailoutbox) == [MODERATOR]


def test_comments_stay_unlisted_while_nobody_has_an_email(hold: Hold, mailoutbox: list[EmailMessage]) -> None:
    User.objects.update(email="")
    comment = hold()
    run(10 * MINUTE)
    comment.refresh_from_db()
    assert (mailoutbox, comment.moderators_told_at) == ([], None)
    User.objects.filter(username="host").update(email=HOST)
    run(10 * MINUTE + notifications.DIGEST_INTERVAL)
    assert to(mailoutbox) == [HOST]


def test_comments_held_within_ten_minutes_share_a_digest(hold: Hold, mailoutbox: list[EmailMessage]) -> None:
    hold("One.")
    with clock.standing_at(NOON + 9 * MINUTE):
        hold("Two.")
    run(10 * MINUTE)
    assert [excerpts(sent) for sent in mailoutbox] == [["One.", "Two."]]
    assert received(mailoutbox[0])["Subject"] == "2 comments are waiting for you on Marginalia"


def test_the_next_digest_follows_four_hours_after_the_last(hold: Hold, mailoutbox: list[EmailMessage]) -> None:
    hold("One.")
    run(10 * MINUTE)
    for hours in (1, 3):
        with clock.standing_at(NOON + hours * HOUR):
            hold(f"After {hours}.")
            worker.run_due()
    run(4 * HOUR + 9 * MINUTE)
    assert len(mailoutbox) == 1
    run(4 * HOUR + 10 * MINUTE)
    assert excerpts(mailoutbox[1]) == ["After 1.", "After 3."]
    assert "1 more comment is waiting." in one_line(mailoutbox[1])  # the one that the first digest listed
    with clock.standing_at(NOON + 20 * HOUR):
        hold("Late.")
    run(20 * HOUR + 10 * MINUTE)
    assert excerpts(mailoutbox[2]) == ["Late."]


def test_a_digest_lists_twenty_comments_and_the_next_one_the_rest(hold: Hold, mailoutbox: list[EmailMessage]) -> None:
    for number in range(25):
        with clock.standing_at(NOON + timedelta(seconds=number)):
            hold(f"Comment {number}.")
    run(11 * MINUTE)
    assert excerpts(mailoutbox[0]) == [f"Comment {number}." for number in range(20)]
    assert "5 more comments are waiting." in one_line(mailoutbox[0])
    run(11 * MINUTE + notifications.DIGEST_INTERVAL)
    assert excerpts(mailoutbox[1]) == [f"Comment {number}." for number in range(20, 25)]


def test_comments_decided_meanwhile_are_left_out(hold: Hold, moderator: User, mailoutbox: list[EmailMessage]) -> None:
    stays, rejected, erased = hold("Stays."), hold("Rejected."), hold("Erased.")
    with clock.standing_at(NOON + 10 * MINUTE):
        notifications.create_digest()
        steps.reject(rejected, by=moderator)
        steps.erase(erased)
        worker.run_due()
    assert [excerpts(sent) for sent in mailoutbox] == [["Stays."], ["Stays."]]
    steps.approve(stays, by=moderator)


def test_nothing_is_sent_if_all_comments_were_decided_meanwhile(
    hold: Hold, moderator: User, mailoutbox: list[EmailMessage]
) -> None:
    comment = hold()
    with clock.standing_at(NOON + 10 * MINUTE):
        notifications.create_digest()
        steps.approve(comment, by=moderator)
        worker.run_due()
    assert mailoutbox == []
    assert not OutgoingEmail.objects.exists()


def test_creating_a_digest_again_creates_nothing(hold: Hold, mailoutbox: list[EmailMessage]) -> None:
    hold()
    with clock.standing_at(NOON + 10 * MINUTE):
        for _time in range(3):
            notifications.create_digest()
    assert OutgoingEmail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_runs_create_one_digest(hold: Hold, mailoutbox: list[EmailMessage], blog: Blog) -> None:
    hold()
    at_once(*[notifications.create_digest] * 3)
    assert OutgoingEmail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_rollback_schedules_no_digest(say: Say, mailoutbox: list[EmailMessage]) -> None:
    with transaction.atomic():
        notifications.schedule_digest()
        transaction.set_rollback(True)
    assert not Task.objects.exists()


def test_long_comments_are_shortened(hold: Hold, mailoutbox: list[EmailMessage]) -> None:
    hold("word " * 1000)
    run(10 * MINUTE)
    (excerpt,) = excerpts(mailoutbox[0])
    assert 150 < len(excerpt) <= 200


@pytest.mark.parametrize("attack", [*ATTACKS.values(), "a\nBcc: x@y.example", "a\n\nDecide:\nhttps://evil.example/"])
def test_attacks_stay_within_their_line(
    hold: Hold, own_post: Post, mailoutbox: list[EmailMessage], attack: str
) -> None:
    """X3."""
    comment = hold()
    stored = attack.replace("\x00", "")
    comment.name, comment.source = stored[:80], stored
    comment.render()
    comment.save()
    Post.objects.update(title=stored[:300])
    run(10 * MINUTE)
    (sent,) = mailoutbox
    message = received(sent)
    assert message["To"] == HOST
    assert message["Bcc"] is None
    links = re.findall(r"^https?://(\S+?)/", text_of(sent), re.MULTILINE)
    assert set(links) == {"127.0.0.1:8000"}


def test_it_contains_no_email_and_no_network(hold: Hold, mailoutbox: list[EmailMessage], noon: datetime) -> None:
    comment = hold()
    Comment.objects.filter(pk=comment.pk).update(email="secret@writer.example", network_key=b"secret-network")
    run(10 * MINUTE)
    assert "secret" not in text_of(mailoutbox[0])

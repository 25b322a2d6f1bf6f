"""Everything that can be stored under one e-mail address."""

from datetime import timedelta

from django.contrib.auth.models import User

from comments.models import Comment, OutgoingEmail
from comments.moderation import steps
from comments.posting import revising
from core import clock
from tests.comments.conftest import Say
from tests.comments.mailbox import REA, SAM, announce, follow, with_address
from tests.conftest import NOON

NAME, TEXT, EARLIER, WEB_PAGE = "Violetta Visible", "An ochre remark.", "A crimson remark.", "https://violetta.example/"


def hold(comment: Comment, by: User) -> None:
    steps.requeue(comment)


def mark_spam(comment: Comment, by: User) -> None:
    steps.mark_spam(comment, by=by)


def reject(comment: Comment, by: User) -> None:
    steps.mark_spam(comment, by=by)
    steps.reject(comment, by=by)


def remove(comment: Comment, by: User) -> None:
    steps.remove(comment, by=by, reason=f"{NAME} again")


def withdraw(comment: Comment, by: User) -> None:
    steps.delete_by_writer(comment)


def create_history(say: Say, moderator: User) -> list[Comment]:
    """Create comments in all states, with and without replies, and mail of every kind. The clock stands at noon."""
    published = with_address(say(EARLIER, name=NAME), scope="replies", proved=True)
    revising.edit(Comment.objects.select_related("discussion__post__blog").get(), text=TEXT)
    Comment.objects.update(url=WEB_PAGE, network_key=b"n" * 32, findings=[{"code": "first", "score": 2}])
    say("An answer.", to=published)
    comments = [published]
    for number, act in enumerate((hold, mark_spam, reject, remove, withdraw), start=1):
        with clock.standing_at(NOON + number * timedelta(seconds=1)):  # otherwise their ids would have no order
            comment = with_address(say(f"{TEXT} {number}", name=NAME), "Rea@Reader.example", scope="post")
            act(comment, moderator)
        comments.append(comment)
    follow(say("Another thread.", name="Sam"), REA, "thread")
    for comment in (say("New.", to=published), say("Newer.")):
        announce(comment)
    follow(published, SAM, "post")
    announce(say("Newest.", name=NAME))
    # Two days ago, so that they do not count towards the limits of today.
    OutgoingEmail.objects.filter(kind="confirm").update(created_at=NOON - timedelta(days=2))
    return comments

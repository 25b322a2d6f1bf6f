"""Everything that somebody can leave behind under one address."""

from datetime import timedelta

from django.contrib.auth.models import User

from comments.models import Comment, OutgoingEmail
from comments.moderation import steps
from comments.posting import revising
from core import clock
from tests.comments.conftest import Say
from tests.comments.postbox import REA, SAM, announce, follow, with_address
from tests.conftest import NOON

NAME, TEXT, EARLIER, WEB = "Violetta Visible", "An ochre remark.", "A crimson remark.", "https://violetta.example/"


def hold(comment: Comment, by: User) -> None:
    steps.requeue(comment)


def call_spam(comment: Comment, by: User) -> None:
    steps.mark_spam(comment, by=by)


def reject(comment: Comment, by: User) -> None:
    steps.mark_spam(comment, by=by)
    steps.reject(comment, by=by)


def remove(comment: Comment, by: User) -> None:
    steps.remove(comment, by=by, reason=f"{NAME} again")


def take_back(comment: Comment, by: User) -> None:
    steps.delete_by_writer(comment)


def lived(say: Say, moderator: User) -> list[Comment]:
    """Comments in all states, answered or not, and mail of every kind. The clock stands at noon."""
    published = with_address(say(EARLIER, name=NAME), scope="replies", proved=True)
    revising.edit(Comment.objects.select_related("discussion__post__blog").get(), text=TEXT)
    Comment.objects.update(url=WEB, network_key=b"n" * 32, findings=[{"code": "first", "score": 2}])
    say("An answer.", to=published)
    found = [published]
    for number, end in enumerate((hold, call_spam, reject, remove, take_back), start=1):
        with clock.standing_at(NOON + number * timedelta(seconds=1)):  # else their ids would be in no order
            comment = with_address(say(f"{TEXT} {number}", name=NAME), "Rea@Reader.example", scope="post")
            end(comment, moderator)
        found.append(comment)
    follow(say("Another thread.", name="Sam"), REA, "thread")
    for answer in (say("New.", to=published), say("Newer.")):
        announce(answer)
    follow(published, SAM, "post")
    announce(say("Newest.", name=NAME))
    OutgoingEmail.objects.filter(kind="confirm").update(
        created_at=NOON - timedelta(days=2)
    )  # else no more questions for today
    return found

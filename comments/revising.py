"""Changing one's own comment, as long as it is young. Deleting it is a change of state: `moderation` does that."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blog import clock, rendering
from comments import submission
from comments.models import Comment, Discussion
from comments.submission import Refused

MOST_EDITS = 20  # each keeps a text of up to 10,000 characters for ever

TOO_LATE = _("This was not saved: the time in which a comment can be changed is over. Your text is still here.")
TOO_OFTEN = _("This was not saved: the comment was changed as often as is possible. Your text is still here.")
NOT_THERE = _("This was not saved: the comment is not on the page any more. Your text is still here.")


def edit(comment: Comment, *, text: str) -> None:
    """Put `text` in place of what the comment says, by the rules that held for that; moderators see the earlier words.

    Raises Refused.
    """
    _, text = submission.checked(comment.name, text)
    html = rendering.render_comment(text)  # before the transaction: nobody has to wait for it
    _replace(comment, text, html)
    comment.refresh_from_db()


@transaction.atomic
def _replace(comment: Comment, text: str, html: str) -> None:
    submission.open_discussion(comment.discussion_id)
    Comment.objects.lock_thread(comment.path)
    current = Comment.objects.answerable().filter(pk=comment.pk).first()
    if current is None:
        raise Refused(NOT_THERE, status=409)
    if current.source == text:
        return
    _check_whether_in_time(current)
    current.revisions.create(source=current.source)
    current.source, current.html, current.render_version = text, html, rendering.RENDER_VERSION
    current.edited_at = clock.now()
    current.save(update_fields=["source", "html", "render_version", "edited_at"])
    Discussion.objects.filter(pk=current.discussion_id).note_change(count=0)


def _check_whether_in_time(comment: Comment) -> None:
    if clock.now() >= editable_until(comment):
        raise Refused(TOO_LATE, status=409)
    if comment.revisions.count() >= MOST_EDITS:
        raise Refused(TOO_OFTEN, status=409)


def editable_until(comment: Comment) -> datetime:
    return comment.created_at + timedelta(minutes=settings.COMMENT_EDIT_MINUTES)


def is_possible(comment: Comment) -> bool:
    """Whether its writer can change it now, as far as the comment and its discussion are concerned."""
    return comment.is_counted and comment.discussion.is_open and clock.now() < editable_until(comment)

"""Taking comments off the page and putting them back.

Every step asks for the state it starts from in the same statement that changes it. When two moderators act at once,
one of them does it, and there is one event and one change of the count.
"""

from django.contrib.auth.models import User
from django.db import transaction

from comments import paths
from comments.models import Comment, CommentEvent, Discussion

State = Comment.State


def remove(comment: Comment, *, by: User, reason: str) -> bool:
    """Take a published comment off the page; a tombstone stays where replies are shown below it.

    False: it was not published, so nothing was done.
    """
    return _move(comment, State.PUBLISHED, State.REMOVED, by=by, reason=reason)


def restore(comment: Comment, *, by: User, reason: str) -> bool:
    """Put back what a moderator removed. False: it was not removed, so nothing was done."""
    return _move(comment, State.REMOVED, State.PUBLISHED, by=by, reason=reason)


@transaction.atomic
def _move(comment: Comment, before: State, after: State, *, by: User, reason: str) -> bool:
    Comment.objects.lock_thread(comment.path)
    is_public = after == State.PUBLISHED
    shown = is_public or _has_shown_replies(comment)
    if not Comment.objects.filter(pk=comment.pk, state=before).update(state=after, shown=shown):
        return False
    _settle_tombstones_above(comment)
    CommentEvent.objects.create(comment=comment, actor=by, from_state=before, to_state=after, reason=reason)
    Discussion.objects.filter(pk=comment.discussion_id).note_change(count=1 if is_public else -1)
    comment.refresh_from_db(fields=["state", "shown"])
    return True


def _settle_tombstones_above(comment: Comment) -> None:
    """A tombstone stands as long as something is shown below it. The nearest first: the others depend on it."""
    above = Comment.objects.filter(discussion_id=comment.discussion_id, path__in=paths.ancestors(comment.path))
    for tombstone in above.filter(state__in=Comment.TOMBSTONES).order_by("-path"):
        Comment.objects.filter(pk=tombstone.pk).update(shown=_has_shown_replies(tombstone))


def _has_shown_replies(comment: Comment) -> bool:
    return Comment.objects.below(comment).filter(shown=True).exists()

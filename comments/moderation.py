"""Taking comments off the page and putting them back.

Every step locks the thread, reads the comment again, and asks for the state it starts from in the same statement that
changes it. When two act at once, one of them does it, and there is one event and one change of the count.
"""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from comments.models import Comment, CommentEvent, CommentQuerySet, Discussion

State = Comment.State
Moves = Mapping[str, str]  # from which state to which; the others are left alone
STAY_GONE: Moves = {state: state for state in Comment.TOMBSTONES}


def remove(comment: Comment, *, by: User, reason: str) -> bool:
    """Take a published comment off the page; a tombstone stays where replies are shown below it.

    False: it was not published, so nothing was done.
    """
    return _step(comment, {State.PUBLISHED: State.REMOVED}, by=by, reason=reason)


def remove_with_replies(comment: Comment, *, by: User, reason: str) -> bool:
    """Take a comment off the page with everything below it. One that is gone already takes its replies after it.

    False: it was never published, or it hides its replies already.
    """
    return _step(comment, {State.PUBLISHED: State.REMOVED, **STAY_GONE}, hides=True, by=by, reason=reason)


def show_replies(comment: Comment, *, by: User, reason: str) -> bool:
    """Show again the replies that were removed together with a comment; itself it stays removed.

    False: it hides none.
    """
    return _step(comment, STAY_GONE, by=by, reason=reason)


def restore(comment: Comment, *, by: User, reason: str) -> bool:
    """Put back a comment that was removed or deleted, and the replies that went with it.

    False: it was neither, so nothing was done.
    """
    return _step(comment, {State.REMOVED: State.PUBLISHED, State.DELETED: State.PUBLISHED}, by=by, reason=reason)


def delete_by_writer(comment: Comment) -> bool:
    """Take a published comment off the page because its writer wants it so. False: it was not published."""
    return _step(comment, {State.PUBLISHED: State.DELETED}, by=None, reason="")


@transaction.atomic
def _step(comment: Comment, moves: Moves, *, hides: bool = False, by: User | None, reason: str) -> bool:
    """Change the state by `moves`, and whether replies are hidden. False where that is no change."""
    Comment.objects.lock_thread(comment.path)
    before = Comment.objects.get(pk=comment.pk)
    after = moves.get(before.state)
    if after is None or (after, hides) == (before.state, before.hides_replies):
        return False
    shown = after == State.PUBLISHED and not before.hidden_above
    unchanged = Comment.objects.filter(pk=before.pk, state=before.state, hides_replies=before.hides_replies)
    if not unchanged.update(state=after, hides_replies=hides, shown=shown):
        return False
    count = shown - before.is_counted
    if hides != before.hides_replies:
        count += _hide_below(before) if hides else _show_below(before)
    _settle_tombstones(Comment.objects.above_and(before))
    comment.refresh_from_db(fields=["state", "hides_replies", "shown"])
    _record(before, comment, by=by, reason=reason)
    Discussion.objects.filter(pk=before.discussion_id).note_change(count=count)
    return True


def _record(before: Comment, after: Comment, *, by: User | None, reason: str) -> None:
    event = CommentEvent(comment=after, actor=by, from_state=before.state, to_state=after.state, reason=reason)
    if after.hides_replies != before.hides_replies:
        event.replies = CommentEvent.Replies.HIDDEN if after.hides_replies else CommentEvent.Replies.SHOWN
    event.save()


def _hide_below(comment: Comment) -> int:
    """By how much the number of comments changes: it falls."""
    below = Comment.objects.below(comment)
    count = below.counted().count()
    below.update(hidden_above=F("hidden_above") + 1, shown=False)
    return -count


def _show_below(comment: Comment) -> int:
    """By how much the number of comments grows. What another comment hides, too, stays hidden."""
    below = Comment.objects.below(comment)
    below.update(hidden_above=F("hidden_above") - 1)
    count = below.filter(hidden_above=0, state=State.PUBLISHED).update(shown=True)
    _settle_tombstones(below)
    return count


def _settle_tombstones(comments: CommentQuerySet) -> None:
    """A tombstone stands as long as a reply to it is shown. The deepest level first: the others depend on it."""
    tombstones = comments.filter(state__in=Comment.TOMBSTONES)
    shown_reply = Comment.objects.filter(parent=OuterRef("pk"), shown=True)
    for depth in sorted(tombstones.values_list("depth", flat=True).distinct(), reverse=True):
        tombstones.filter(depth=depth).update(shown=Exists(shown_reply))

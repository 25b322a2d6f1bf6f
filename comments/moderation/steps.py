"""The steps of moderators and writers: every change of a comment's state except the first.

Each step locks the thread, reads the comment again, and names the state from which it starts in the same statement that
changes it. If two people act at once, one of them changes the comment, with one event and one change of the count.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from comments.models import Comment, CommentEvent, CommentQuerySet, Discussion
from comments.screening import bayes
from core import clock
from core.tasks import queue

State = Comment.State
Lesson = Comment.Lesson
Transitions = Mapping[str, str]  # from which state to which; comments in other states are left alone
NO_COLUMNS: Mapping[str, Any] = {}

HELD = (State.PENDING, State.SPAM, State.REJECTED)  # hidden from readers, and may still be published
CAN_BE_DELETED = (State.PUBLISHED, *HELD)  # by the writer
KEEP_TOMBSTONES: Transitions = {state: state for state in Comment.TOMBSTONES}
ANNOUNCE_WITHIN = timedelta(days=1)  # shorter than emails are stored: those say who was notified already
ANNOUNCE = "announce-comment"  # the job that notifies subscribers


def _all_to(target: str, sources: Iterable[str]) -> Transitions:
    return dict.fromkeys(sources, target)


def approve(comment: Comment, *, by: User | None, reason: str = "", batch: UUID | None = None) -> bool:
    """Publish a comment that was held, and teach the filter that it is good.

    It stays hidden as long as a comment above it hides its replies. `by` is None if the comment is published because
    its writer turned out to be known. Returns False if the comment was not held.
    """
    transitions = _all_to(State.PUBLISHED, HELD)
    return _step(comment, transitions, lesson=Lesson.HAM if by else None, by=by, reason=reason, batch=batch)


def reject(comment: Comment, *, by: User, reason: str = "", batch: UUID | None = None) -> bool:
    """Decide that a held comment is not published. The filter unlearns it: an unwanted comment need not be spam.

    Returns False if the comment did not wait for a decision.
    """
    transitions = _all_to(State.REJECTED, (State.PENDING, State.SPAM))
    return _step(comment, transitions, lesson=Lesson.NONE, by=by, reason=reason, batch=batch)


def mark_spam(comment: Comment, *, by: User, reason: str = "", batch: UUID | None = None) -> bool:
    """Mark a comment as spam, and teach the filter so.

    Returns False if it is marked already, or was deleted by its writer or erased.
    """
    transitions = _all_to(State.SPAM, (State.PENDING, State.PUBLISHED, State.REJECTED, State.REMOVED))
    return _step(comment, transitions, lesson=Lesson.SPAM, by=by, reason=reason, batch=batch)


def remove(comment: Comment, *, by: User, reason: str, batch: UUID | None = None) -> bool:
    """Remove a published comment. A tombstone stays if a reply to it is shown.

    Returns False if the comment was not published.
    """
    return _step(comment, {State.PUBLISHED: State.REMOVED}, by=by, reason=reason, batch=batch)


def remove_with_replies(comment: Comment, *, by: User, reason: str, batch: UUID | None = None) -> bool:
    """Remove a comment and hide everything below it. A comment that is not published only hides its replies.

    Returns False if it hides them already.
    """
    transitions = {**KEEP_TOMBSTONES, State.PUBLISHED: State.REMOVED}
    return _step(comment, transitions, hides_replies=True, by=by, reason=reason, batch=batch)


def show_replies(comment: Comment, *, by: User, reason: str, batch: UUID | None = None) -> bool:
    """Show the replies that a comment hides. The comment itself stays removed.

    Returns False if it hides none.
    """
    return _step(comment, KEEP_TOMBSTONES, hides_replies=False, by=by, reason=reason, batch=batch)


def restore(comment: Comment, *, by: User, reason: str, batch: UUID | None = None) -> bool:
    """Publish a comment again that a moderator removed, with the replies that were hidden with it.

    Returns False if it was not removed by a moderator. A comment that its writer deleted stays deleted.
    """
    return _step(comment, {State.REMOVED: State.PUBLISHED}, hides_replies=False, by=by, reason=reason, batch=batch)


def delete_by_writer(comment: Comment) -> bool:
    """Delete a comment because its writer asks for it, published or not. Returns False if it was gone already."""
    return _step(comment, _all_to(State.DELETED, CAN_BE_DELETED), by=None)


def requeue(comment: Comment, **columns: Any) -> bool:
    """Return a published comment to the moderation queue because of an edit, and write the columns of that edit.

    Returns False if the comment was not published.
    """
    return _step(comment, {State.PUBLISHED: State.PENDING}, by=None, columns=columns)


@transaction.atomic
def erase(comment: Comment, *, by: User | None = None, unlearn: bool = True) -> bool:
    """Wipe the content of a comment and all that leads to its writer, for good. Its tree position and the history of
    its states stay. The filter unlearns it unless `unlearn` is False. Returns False if it was erased already.
    """
    transitions = _all_to(State.ERASED, [state for state in State if state != State.ERASED])
    if not _step(comment, transitions, lesson=Lesson.NONE if unlearn else None, by=by, columns=_BLANK):
        return False
    comment.revisions.all().delete()
    comment.events.update(reason="")
    comment.refresh_from_db()
    return True


_BLANK: Mapping[str, Any] = {
    **dict.fromkeys(("name", "url", "email", "source", "html", "language", "badge"), ""),
    **dict.fromkeys(("email_confirmed_at", "person", "user", "submission_key", "network_key", "words_key"), None),
    "score": 0,
    "findings": [],
}


def undo(batch: UUID, *, by: User) -> int:
    """Undo all steps of a batch; returns how many comments changed.

    Comments that somebody has changed since stay as they are, and so do erased ones. Each comment has a transaction of
    its own, as in the step that is undone. One transaction for all would hold the lock on the discussion while it waits
    for the next thread, whereas writers hold the thread and wait for the discussion.
    """
    events = CommentEvent.objects.filter(batch=batch).select_related("comment").order_by("-pk")
    return sum(_undo_event(event, by) for event in events)


@transaction.atomic
def _undo_event(event: CommentEvent, by: User) -> bool:
    """Undo an event that is still the comment's latest. Its state alone would not show that the step was repeated."""
    comment = event.comment
    Comment.objects.lock_thread(comment.path)
    if not event.from_state or comment.events.filter(pk__gt=event.pk).exists():
        return False
    hides_replies = None if not event.replies else event.replies != CommentEvent.Replies.HIDDEN
    taught = event.to_state == State.SPAM or (event.to_state == State.PUBLISHED and event.from_state in HELD)
    return _step(
        comment,
        {event.to_state: event.from_state},
        hides_replies=hides_replies,
        lesson=Lesson.NONE if taught else None,
        by=by,
        columns={"published_at": None} if _was_first_publication(event) else NO_COLUMNS,
    )


def _was_first_publication(event: CommentEvent) -> bool:
    """Whether an event published a comment for the first time. If that is undone, the next approval is announced."""
    published = CommentEvent.objects.filter(comment=event.comment_id, to_state=State.PUBLISHED)
    return event.to_state == State.PUBLISHED and not published.filter(pk__lt=event.pk).exists()


@transaction.atomic
def _step(
    comment: Comment,
    transitions: Transitions,
    *,
    hides_replies: bool | None = None,
    lesson: str | None = None,
    by: User | None,
    reason: str = "",
    batch: UUID | None = None,
    columns: Mapping[str, Any] = NO_COLUMNS,
) -> bool:
    """Change the state of a comment and whether it hides its replies. Returns False if neither would change.

    A `hides_replies` of None leaves that as it is, but a published comment never hides replies. `columns` are written
    in the same statement; `lesson` is what the filter learns.
    """
    Comment.objects.lock_thread(comment.path)
    before = Comment.objects.get(pk=comment.pk)
    after = transitions.get(before.state)
    hides = before.hides_replies if hides_replies is None else hides_replies
    hides = hides and after != State.PUBLISHED
    if after is None or (after, hides) == (before.state, before.hides_replies):
        return False
    if not _write(before, after, hides, {**columns, **bayes.learn(before, lesson)}):
        return False
    count = (after == State.PUBLISHED and not before.hidden_above) - before.is_counted
    if hides != before.hides_replies:
        count += _hide_below(before) if hides else _show_below(before)
    _update_tombstones(Comment.objects.with_ancestors_of(before))
    comment.refresh_from_db()
    _record(before, comment, by=by, reason=reason, batch=batch)
    if count or before.shown or comment.shown:
        Discussion.objects.filter(pk=before.discussion_id).record_change(count=count)
    return True


def _write(before: Comment, after: str, hides_replies: bool, columns: Mapping[str, Any]) -> int:
    """Update the row unless somebody else was faster; returns the number of rows. This decides a race."""
    shown = after == State.PUBLISHED and not before.hidden_above
    first_time = {}
    if after == State.PUBLISHED and before.published_at is None:
        first_time = {"published_at": clock.now()}
    if after == State.PUBLISHED and _is_news(before):
        queue.enqueue(ANNOUNCE, str(before.pk))
    unchanged = Comment.objects.filter(pk=before.pk, state=before.state, hides_replies=before.hides_replies)
    return unchanged.update(state=after, hides_replies=hides_replies, shown=shown, **first_time, **columns)


def _is_news(comment: Comment) -> bool:
    """Whether subscribers are notified when a comment is published.

    Also true if it was published recently: it may have been requeued before they were notified. Nobody is notified
    twice.
    """
    return comment.published_at is None or comment.published_at > clock.now() - ANNOUNCE_WITHIN


def _record(before: Comment, after: Comment, *, by: User | None, reason: str, batch: UUID | None) -> None:
    event = CommentEvent(
        comment=after,
        actor=by,
        from_state=before.state,
        to_state=after.state,
        reason=reason[: CommentEvent.REASON_LENGTH],
        batch=batch,
    )
    if after.hides_replies != before.hides_replies:
        event.replies = CommentEvent.Replies.HIDDEN if after.hides_replies else CommentEvent.Replies.SHOWN
    event.save()


def _hide_below(comment: Comment) -> int:
    """Hide all replies to a comment. Returns the change of the number of comments, which is negative."""
    below = Comment.objects.descendants_of(comment)
    count = below.counted().count()
    below.update(hidden_above=F("hidden_above") + 1, shown=False)
    return -count


def _show_below(comment: Comment) -> int:
    """Show the replies to a comment, except those that another comment hides too. Returns the change of the number."""
    below = Comment.objects.descendants_of(comment)
    below.update(hidden_above=F("hidden_above") - 1)
    count = below.filter(hidden_above=0, state=State.PUBLISHED).update(shown=True)
    _update_tombstones(below)
    return count


def _update_tombstones(comments: CommentQuerySet) -> None:
    """Show each tombstone that has a shown reply and hide the others. Starts at the deepest level: the others depend on
    it.
    """
    tombstones = comments.filter(state__in=Comment.TOMBSTONES)
    shown_reply = Comment.objects.filter(parent=OuterRef("pk"), shown=True)
    for depth in sorted(tombstones.values_list("depth", flat=True).distinct(), reverse=True):
        tombstones.filter(depth=depth).update(shown=Exists(shown_reply))

"""What moderators and writers do to comments: every change of a state but the first.

Every step locks the thread, reads the comment again, and asks for the state it starts from in the same statement that
changes it. When two act at once, one of them does it, and there is one event and one change of the count.
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
Moves = Mapping[str, str]  # from which state to which; the others are left alone
NOTHING_MORE: Mapping[str, Any] = {}


def _to(after: str, before: Iterable[str]) -> Moves:
    return dict.fromkeys(before, after)


HELD = (State.PENDING, State.SPAM, State.REJECTED)  # kept from readers, and what may still be published
STAY_GONE: Moves = {state: state for state in Comment.TOMBSTONES}
CAN_BE_DELETED = (State.PUBLISHED, State.PENDING, State.SPAM, State.REJECTED)  # by the writer
NEWS_FOR = timedelta(days=1)  # less than letters are kept, which know who was told
ANNOUNCE = "announce-comment"  # the job that tells subscribers


def approve(comment: Comment, *, by: User | None, reason: str = "", batch: UUID | None = None) -> bool:
    """Publish a comment that was held, and teach the filter that it is good. Where a comment above hides its replies,
    it waits unseen for that. `by` nobody: its writer turned out to be known.

    False: it was not held, so nothing was done.
    """
    moves = _to(State.PUBLISHED, HELD)
    return _step(comment, moves, lesson=Lesson.HAM if by else None, by=by, reason=reason, batch=batch)


def reject(comment: Comment, *, by: User, reason: str = "", batch: UUID | None = None) -> bool:
    """Decide that a comment that was held does not appear. Unwanted is not spam: the filter learns nothing from it, and
    forgets what it had learned.

    False: it was not held, so nothing was done.
    """
    moves = _to(State.REJECTED, (State.PENDING, State.SPAM))
    return _step(comment, moves, lesson=Lesson.NONE, by=by, reason=reason, batch=batch)


def mark_spam(comment: Comment, *, by: User, reason: str = "", batch: UUID | None = None) -> bool:
    """Call a comment spam, wherever it is, and teach the filter so.

    False: it is called so already, or its writer took it back.
    """
    moves = _to(State.SPAM, (State.PENDING, State.PUBLISHED, State.REJECTED, State.REMOVED))
    return _step(comment, moves, lesson=Lesson.SPAM, by=by, reason=reason, batch=batch)


def remove(comment: Comment, *, by: User, reason: str, batch: UUID | None = None) -> bool:
    """Take a published comment off the page; a tombstone stays where replies are shown below it.

    False: it was not published, so nothing was done.
    """
    return _step(comment, {State.PUBLISHED: State.REMOVED}, by=by, reason=reason, batch=batch)


def remove_with_replies(comment: Comment, *, by: User, reason: str, batch: UUID | None = None) -> bool:
    """Take a comment off the page with everything below it. One that is gone already takes its replies after it.

    False: it hides its replies already.
    """
    moves = {**STAY_GONE, State.PUBLISHED: State.REMOVED}
    return _step(comment, moves, hides=True, by=by, reason=reason, batch=batch)


def show_replies(comment: Comment, *, by: User, reason: str, batch: UUID | None = None) -> bool:
    """Show again the replies that were removed together with a comment; itself it stays removed.

    False: it hides none.
    """
    return _step(comment, STAY_GONE, hides=False, by=by, reason=reason, batch=batch)


def restore(comment: Comment, *, by: User, reason: str, batch: UUID | None = None) -> bool:
    """Put back a comment that a moderator removed, and the replies that went with it.

    False: it was not removed. What its writer deleted is the writer's to say, so it stays away.
    """
    return _step(comment, {State.REMOVED: State.PUBLISHED}, hides=False, by=by, reason=reason, batch=batch)


def delete_by_writer(comment: Comment) -> bool:
    """Take a comment back, published or not, because its writer wants it so. False: it was gone already."""
    return _step(comment, _to(State.DELETED, CAN_BE_DELETED), by=None)


def hold_again(comment: Comment, **columns: Any) -> bool:
    """Let a published comment wait because of what its writer made of it. False: it was not published."""
    return _step(comment, {State.PUBLISHED: State.PENDING}, by=None, columns=columns)


@transaction.atomic
def erase(comment: Comment, *, by: User | None = None, forget: bool = True) -> bool:
    """Wipe all that a comment says and all that leads to its writer, for good; its place and its history of states
    stay. The filter forgets it, too, unless told otherwise. False: it was erased already.
    """
    moves = _to(State.ERASED, [state for state in State if state != State.ERASED])
    if not _step(comment, moves, lesson=Lesson.NONE if forget else None, by=by, columns=_BLANK):
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
    """Take back what was done together; how many comments that changed.

    What somebody has changed since stays as it is, and so does what was erased. Each is a transaction of its own, as
    it was when it was done: one for all would hold the discussion while it waits for the next thread, and whoever
    writes there holds the thread and waits for the discussion.
    """
    events = CommentEvent.objects.filter(batch=batch).select_related("comment").order_by("-pk")
    return sum(_take_back(event, by) for event in events)


@transaction.atomic
def _take_back(event: CommentEvent, by: User) -> bool:
    """Only what is still the last that happened: states alone would not tell that somebody did the same anew."""
    comment = event.comment
    Comment.objects.lock_thread(comment.path)
    if not event.from_state or comment.events.filter(pk__gt=event.pk).exists():
        return False
    hides = None if not event.replies else event.replies != CommentEvent.Replies.HIDDEN
    decided = event.to_state == State.SPAM or (event.to_state == State.PUBLISHED and event.from_state in HELD)
    return _step(
        comment,
        {event.to_state: event.from_state},
        hides=hides,
        lesson=Lesson.NONE if decided else None,
        by=by,
        columns={"published_at": None} if _was_first_to_publish(event) else NOTHING_MORE,
    )


def _was_first_to_publish(event: CommentEvent) -> bool:
    """Once that is taken back, the comment is as new as ever: its next approval has to be announced."""
    published = CommentEvent.objects.filter(comment=event.comment_id, to_state=State.PUBLISHED)
    return event.to_state == State.PUBLISHED and not published.filter(pk__lt=event.pk).exists()


@transaction.atomic
def _step(
    comment: Comment,
    moves: Moves,
    *,
    hides: bool | None = None,
    lesson: str | None = None,
    by: User | None,
    reason: str = "",
    batch: UUID | None = None,
    columns: Mapping[str, Any] = NOTHING_MORE,
) -> bool:
    """Change the state by `moves`, and whether replies are hidden where `hides` says. False where that is no change.

    What is published always shows its replies. `columns` are written with it, `lesson` is what the filter learns.
    """
    Comment.objects.lock_thread(comment.path)
    before = Comment.objects.get(pk=comment.pk)
    after = moves.get(before.state)
    wanted = False if after == State.PUBLISHED else before.hides_replies if hides is None else hides
    if after is None or (after, wanted) == (before.state, before.hides_replies):
        return False
    if not _write(before, after, wanted, {**columns, **bayes.learn(before, lesson)}):
        return False
    count = (after == State.PUBLISHED and not before.hidden_above) - before.is_counted
    if wanted != before.hides_replies:
        count += _hide_below(before) if wanted else _show_below(before)
    _settle_tombstones(Comment.objects.with_ancestors_of(before))
    comment.refresh_from_db()
    _record(before, comment, by=by, reason=reason, batch=batch)
    if count or before.shown or comment.shown:
        Discussion.objects.filter(pk=before.discussion_id).record_change(count=count)
    return True


def _write(before: Comment, after: str, hides: bool, columns: Mapping[str, Any]) -> int:
    """The statement that decides who of several was the one; 0 for all others."""
    shown = after == State.PUBLISHED and not before.hidden_above
    first_time = {}
    if after == State.PUBLISHED and before.published_at is None:
        first_time = {"published_at": clock.now()}
    if after == State.PUBLISHED and _is_news(before):
        queue.enqueue(ANNOUNCE, str(before.pk))
    unchanged = Comment.objects.filter(pk=before.pk, state=before.state, hides_replies=before.hides_replies)
    return unchanged.update(state=after, hides_replies=hides, shown=shown, **first_time, **columns)


def _is_news(comment: Comment) -> bool:
    """Whether subscribers are to be told once it is published. Also where it was published lately: it may have been
    held again before they were. Who was told already is not told twice.
    """
    return comment.published_at is None or comment.published_at > clock.now() - NEWS_FOR


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
    """By how much the number of comments changes: it falls."""
    below = Comment.objects.descendants_of(comment)
    count = below.counted().count()
    below.update(hidden_above=F("hidden_above") + 1, shown=False)
    return -count


def _show_below(comment: Comment) -> int:
    """By how much the number of comments grows. What another comment hides, too, stays hidden."""
    below = Comment.objects.descendants_of(comment)
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

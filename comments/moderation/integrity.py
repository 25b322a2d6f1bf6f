"""Checking and repairing the integrity of discussions.

The parents of comments, their states and `hides_replies` are the truth. All other stored columns about the tree follow
from them. This module computes those a second time, independently of `steps` and `submission`, and compares.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from comments.models import Comment, CommentEvent, Discussion
from comments.threads import ids, paths

State = Comment.State
Totals = dict[str, int | datetime | None]  # columns of a discussion that follow from its comments


class TreePosition(NamedTuple):
    """The columns of a comment that follow from its parents, their states and its own."""

    path: bytes
    depth: int
    hidden_above: int
    shown: bool


class Row(NamedTuple):
    """A comment as it is stored, without its text."""

    pk: int
    parent_id: int | None
    reply_to_id: int | None
    state: str
    hides_replies: bool
    published_at: datetime | None
    path: bytes
    depth: int
    hidden_above: int
    shown: bool

    @property
    def position(self) -> TreePosition:
        return TreePosition(self.path, self.depth, self.hidden_above, self.shown)


def faults(discussion_id: int) -> list[str]:
    """Return a sentence for each fault of a discussion, in the order of its comments.

    The first check locks nothing, so a comment that is written meanwhile may look like a fault. If it finds any, the
    discussion is checked again under a lock.
    """
    return list(_check(discussion_id)) and _check_locked(discussion_id)


@transaction.atomic
def repair(discussion_id: int) -> int:
    """Correct the columns that follow from others; returns how many rows changed. Leaves histories and lost parents."""
    _lock(discussion_id)
    rows = _rows(discussion_id)
    positions = _positions(rows)
    wrong = {pk: position for pk, position in sorted(positions.items()) if position != rows[pk].position}
    _free_paths(wrong, rows)
    for pk, position in wrong.items():  # one by one: `bulk_update` takes four times as long
        Comment.objects.filter(pk=pk).update(**position._asdict())
    totals, stored = _totals(rows, positions), Discussion.objects.filter(pk=discussion_id)
    if not wrong and stored.filter(**totals).exists():
        return 0
    return len(wrong) + stored.update(**totals, version=F("version") + 1)


@transaction.atomic
def _check_locked(discussion_id: int) -> list[str]:
    _lock(discussion_id)
    return list(_check(discussion_id))


def _lock(discussion_id: int) -> None:
    """Lock in the order in which everything locks: the threads, then the discussion."""
    threads = Comment.objects.filter(discussion=discussion_id, parent=None).order_by("pk")
    list(threads.select_for_update(no_key=True).values_list("pk"))
    Discussion.objects.select_for_update(no_key=True).filter(pk=discussion_id).values_list("pk").first()


def _check(discussion_id: int) -> Iterator[str]:
    rows = _rows(discussion_id)
    positions = _positions(rows)
    for row in rows.values():
        for fault in _position_faults(row, rows, positions.get(row.pk)):
            yield f"{ids.encode(row.pk)}: {fault}"
    yield from _total_faults(discussion_id, _totals(rows, positions))
    yield from _history_faults(discussion_id, rows)


def _rows(discussion_id: int) -> dict[int, Row]:
    stored = Comment.objects.filter(discussion=discussion_id).order_by("pk").values_list(*Row._fields)
    return {pk: Row(pk, *rest) for pk, *rest in stored.iterator(chunk_size=2000)}


# --- Computing what should be stored --------------------------------------------------------------------------------


def _positions(rows: dict[int, Row]) -> dict[int, TreePosition]:
    """The position of each comment. Omits comments whose parents do not lead to the root of a thread."""
    replies = defaultdict(list)
    for row in rows.values():
        replies[row.parent_id].append(row)
    positions: dict[int, TreePosition] = {}
    waiting = replies[None]
    while waiting:
        row = waiting.pop()
        positions[row.pk] = _position_below(rows.get(row.parent_id or 0), positions, row)
        waiting.extend(replies[row.pk])
    return _with_tombstones(positions, rows)


def _position_below(parent: Row | None, positions: dict[int, TreePosition], row: Row) -> TreePosition:
    """The position of a comment as if it were no tombstone: whether those are shown depends on their replies."""
    if parent is None:
        return TreePosition(ids.segment(row.pk), 0, 0, row.state == State.PUBLISHED)
    above = positions[parent.pk]
    hidden_above = above.hidden_above + parent.hides_replies
    shown = not hidden_above and row.state == State.PUBLISHED
    return TreePosition(above.path + ids.segment(row.pk), above.depth + 1, hidden_above, shown)


def _with_tombstones(positions: dict[int, TreePosition], rows: dict[int, Row]) -> dict[int, TreePosition]:
    """Set which tombstones are shown. Goes backwards, because parents were added before their replies."""
    have_shown_reply: set[int | None] = set()
    for pk, position in reversed(positions.items()):
        row = rows[pk]
        if row.state in Comment.TOMBSTONES:
            shown = pk in have_shown_reply and not position.hidden_above
            position = positions[pk] = position._replace(shown=shown)
        if position.shown:
            have_shown_reply.add(row.parent_id)
    return positions


def _totals(rows: dict[int, Row], positions: dict[int, TreePosition]) -> Totals:
    counted = [rows[pk] for pk, position in positions.items() if position.shown and rows[pk].state == State.PUBLISHED]
    dates = [row.published_at for row in counted if row.published_at]
    return {"count": len(counted), "last_published_at": max(dates, default=None)}


# --- Comparing it with what is stored -------------------------------------------------------------------------------


def _position_faults(row: Row, rows: dict[int, Row], position: TreePosition | None) -> Iterator[str]:
    if position is None:
        yield _("its parent is not in this discussion, or is one of its own replies.")
        return
    if position.depth >= paths.MAX_LEVELS:
        yield _("it is on level %(level)d, but there are only %(limit)d levels.") % {
            "level": position.depth + 1,
            "limit": paths.MAX_LEVELS,
        }
    if row.reply_to_id and row.reply_to_id not in rows:
        yield _("it replies to a comment of another discussion.")
    columns = zip(TreePosition._fields, row.position, position, strict=True)
    yield from (_difference(name, stored, correct) for name, stored, correct in columns if stored != correct)


def _total_faults(discussion_id: int, totals: Totals) -> Iterator[str]:
    stored = Discussion.objects.values(*totals).get(pk=discussion_id)
    yield from (_difference(name, stored[name], value) for name, value in totals.items() if stored[name] != value)


def _history_faults(discussion_id: int, rows: dict[int, Row]) -> Iterator[str]:
    """Each event must begin where the one before it ended and change something; the last must lead to the present."""
    latest: dict[int, tuple[str, bool]] = {}
    events = CommentEvent.objects.filter(comment__discussion=discussion_id).order_by("pk")
    columns = events.values_list("pk", "comment_id", "from_state", "to_state", "replies")
    for event_id, pk, before, after, replies in columns.iterator(chunk_size=2000):
        state, hides_replies = latest.get(pk, ("", False))
        now = after, (replies == CommentEvent.Replies.HIDDEN if replies else hides_replies)
        if before != state or now == (state, hides_replies):
            yield _("%(comment)s: event %(number)d of its history does not follow from the one before it.") % {
                "comment": ids.encode(pk),
                "number": event_id,
            }
        latest[pk] = now
    for row in rows.values():
        if latest.get(row.pk) != (row.state, row.hides_replies):
            yield _("%(comment)s: its history does not lead to its present state.") % {"comment": ids.encode(row.pk)}


def _difference(column: str, stored: object, correct: object) -> str:
    return _("%(column)s is %(stored)s, but should be %(correct)s.") % {
        "column": column,
        "stored": stored.hex() if isinstance(stored, bytes) else stored,
        "correct": correct.hex() if isinstance(correct, bytes) else correct,
    }


def _free_paths(wrong: dict[int, TreePosition], rows: dict[int, Row]) -> None:
    """Move comments out of paths that belong to others. Paths are unique at every moment of a transaction."""
    stored = {row.path: row.pk for row in rows.values()}
    for pk, position in wrong.items():
        occupant = stored.get(position.path, pk)
        if occupant != pk:
            Comment.objects.filter(pk=occupant).update(path=paths.AFTER_ALL_REPLIES + ids.segment(occupant))

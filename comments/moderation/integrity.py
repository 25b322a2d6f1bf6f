"""Proving discussions: every comment in its place, shown or not as it should be, counted, and with a whole history.

Who answers whom, the states and what hides its replies are the truth. All else that is stored follows from them: it is
worked out here a second time, by other means than those of `moderation` and `submission`, and compared.
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
Totals = dict[str, int | datetime | None]  # what a discussion says of all its comments, by column


class Place(NamedTuple):
    """What follows."""

    path: bytes
    depth: int
    hidden_above: int
    shown: bool


class Row(NamedTuple):
    """A comment as it is stored, without its words."""

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
    def place(self) -> Place:
        return Place(self.path, self.depth, self.hidden_above, self.shown)


def faults(discussion: int) -> list[str]:
    """What does not hold in a discussion, a sentence each, in the order of the comments; empty where all does.

    The first look stops nobody, so what was said meanwhile may seem a fault. Then a second one is taken with the
    discussion closed to everybody else.
    """
    return list(_look(discussion)) and _look_alone(discussion)


@transaction.atomic
def repair(discussion: int) -> int:
    """Write anew what follows, where it is wrong; how many rows that were. Histories and lost parents stay."""
    _lock(discussion)
    rows = _rows(discussion)
    places = _places(rows)
    wrong = {pk: place for pk, place in sorted(places.items()) if place != rows[pk].place}
    _make_room(wrong, rows)
    for pk, place in wrong.items():  # one by one: `bulk_update` takes four times as long
        Comment.objects.filter(pk=pk).update(**place._asdict())
    totals, stored = _totals(rows, places), Discussion.objects.filter(pk=discussion)
    if not wrong and stored.filter(**totals).exists():
        return 0
    return len(wrong) + stored.update(**totals, version=F("version") + 1)


@transaction.atomic
def _look_alone(discussion: int) -> list[str]:
    _lock(discussion)
    return list(_look(discussion))


def _lock(discussion: int) -> None:
    """In the order in which everybody locks: the threads, the discussion last."""
    threads = Comment.objects.filter(discussion=discussion, parent=None).order_by("pk")
    list(threads.select_for_update(no_key=True).values_list("pk"))
    Discussion.objects.select_for_update(no_key=True).filter(pk=discussion).values_list("pk").first()


def _look(discussion: int) -> Iterator[str]:
    rows = _rows(discussion)
    places = _places(rows)
    for row in rows.values():
        for fault in _faults_of_place(row, rows, places.get(row.pk)):
            yield f"{ids.encode(row.pk)}: {fault}"
    yield from _faults_of_totals(discussion, _totals(rows, places))
    yield from _faults_of_history(discussion, rows)


def _rows(discussion: int) -> dict[int, Row]:
    stored = Comment.objects.filter(discussion=discussion).order_by("pk").values_list(*Row._fields)
    return {pk: Row(pk, *rest) for pk, *rest in stored.iterator(chunk_size=2000)}


def _places(rows: dict[int, Row]) -> dict[int, Place]:
    """Where each comment belongs; without those whose parents do not lead to the beginning of a thread."""
    replies = defaultdict(list)
    for row in rows.values():
        replies[row.parent_id].append(row)
    places: dict[int, Place] = {}
    waiting = replies[None]
    while waiting:
        row = waiting.pop()
        places[row.pk] = _place_below(rows.get(row.parent_id or 0), places, row)
        waiting.extend(replies[row.pk])
    return _with_tombstones(places, rows)


def _place_below(parent: Row | None, places: dict[int, Place], row: Row) -> Place:
    """Its own place but for one thing: whether a tombstone is shown depends on what stands below it."""
    if parent is None:
        return Place(ids.segment(row.pk), 0, 0, row.state == State.PUBLISHED)
    above = places[parent.pk]
    hidden_above = above.hidden_above + parent.hides_replies
    shown = not hidden_above and row.state == State.PUBLISHED
    return Place(above.path + ids.segment(row.pk), above.depth + 1, hidden_above, shown)


def _with_tombstones(places: dict[int, Place], rows: dict[int, Row]) -> dict[int, Place]:
    """From the last replies up: what stands above a place was found before it."""
    answered: set[int | None] = set()
    for pk, place in reversed(places.items()):
        row = rows[pk]
        if row.state in Comment.TOMBSTONES:
            place = places[pk] = place._replace(shown=pk in answered and not place.hidden_above)
        if place.shown:
            answered.add(row.parent_id)
    return places


def _totals(rows: dict[int, Row], places: dict[int, Place]) -> Totals:
    counted = [rows[pk] for pk, place in places.items() if place.shown and rows[pk].state == State.PUBLISHED]
    dates = [row.published_at for row in counted if row.published_at]
    return {"count": len(counted), "last_published_at": max(dates, default=None)}


def _faults_of_place(row: Row, rows: dict[int, Row], place: Place | None) -> Iterator[str]:
    if place is None:
        yield _("what it answers is not in this discussion, or answers it in turn.")
        return
    if place.depth >= paths.MAX_LEVELS:
        yield _("it stands on level %(level)d, and there are %(limit)d.") % {
            "level": place.depth + 1,
            "limit": paths.MAX_LEVELS,
        }
    if row.reply_to_id and row.reply_to_id not in rows:
        yield _("it is addressed to a comment of another discussion.")
    found = zip(Place._fields, row.place, place, strict=True)
    yield from (_difference(name, stored, right) for name, stored, right in found if stored != right)


def _faults_of_totals(discussion: int, totals: Totals) -> Iterator[str]:
    stored = Discussion.objects.values(*totals).get(pk=discussion)
    yield from (_difference(name, stored[name], right) for name, right in totals.items() if stored[name] != right)


def _faults_of_history(discussion: int, rows: dict[int, Row]) -> Iterator[str]:
    """Each step begins where the one before it ended, changes something, and the last one leads to what is now."""
    told: dict[int, tuple[str, bool]] = {}
    events = CommentEvent.objects.filter(comment__discussion=discussion).order_by("pk")
    steps = events.values_list("pk", "comment_id", "from_state", "to_state", "replies")
    for number, pk, before, after, replies in steps.iterator(chunk_size=2000):
        state, hides = told.get(pk, ("", False))
        now = after, (replies == CommentEvent.Replies.HIDDEN if replies else hides)
        if before != state or now == (state, hides):
            yield _("%(comment)s: row %(number)d of the history does not follow from the one before it.") % {
                "comment": ids.encode(pk),
                "number": number,
            }
        told[pk] = now
    for row in rows.values():
        if told.get(row.pk) != (row.state, row.hides_replies):
            yield _("%(comment)s: its history does not lead to what it is now.") % {"comment": ids.encode(row.pk)}


def _difference(column: str, stored: object, right: object) -> str:
    return _("%(column)s is %(stored)s, and should be %(right)s.") % {
        "column": column,
        "stored": stored.hex() if isinstance(stored, bytes) else stored,
        "right": right.hex() if isinstance(right, bytes) else right,
    }


def _make_room(wrong: dict[int, Place], rows: dict[int, Row]) -> None:
    """Two comments cannot stand in one place even for a moment, so who stands in another's goes behind all first."""
    standing = {row.path: row.pk for row in rows.values()}
    for pk, place in wrong.items():
        holder = standing.get(place.path, pk)
        if holder != pk:
            Comment.objects.filter(pk=holder).update(path=paths.AFTER_ALL_REPLIES + ids.segment(holder))

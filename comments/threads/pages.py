"""A discussion laid out for reading: pages in tree order, one query each, at any size.

One more query fetches what lies outside a page: the comments above one that begins inside a thread, and how much is
left of a thread that it breaks off. The rows are a flat list; each says whether its replies follow and how many threads
end after it, so that neither queries nor markup need recursion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import BigIntegerField, BinaryField, IntegerField, QuerySet, Subquery
from django.db.models.functions import Coalesce

from blog.models import Post
from comments.models import Comment, Discussion
from comments.threads import ids, paths
from comments.threads.rows import Row, Shown, instances, values
from core.compiled_queries import Given, Prepared

BEHIND = "-end"  # after a cursor: not behind this comment alone, but behind all replies to it, too
MOST_COUNTED = 200  # replies; counting a thousand took a tenth of the page, counting 50,000 more than all else


@dataclass(frozen=True)
class Page:
    """Cursors are values of `after` in the address of a post; an empty one leads nowhere."""

    rows: list[Row]
    is_first: bool
    next_cursor: str = ""
    thread_cursor: str = ""  # where the thread goes on that this page leaves, because it is so long
    thread_left: int = 0  # its replies that follow; nobody looks for more than one above MOST_COUNTED


def visible_discussion(post: Post) -> Discussion | None:
    """The discussion that comes with the post (`PostQuerySet.for_page`), if readers see it. A new post has none."""
    discussion: Discussion | None = getattr(post, "discussion", None)
    return discussion if discussion and discussion.is_visible else None


def page(discussion: Discussion, after: str | None) -> Page:
    """One page of what is shown, the rows behind the cursor `after`; the first without a usable one.

    The comment in the cursor need not be there any more: then the page begins where it would stand as a thread.
    """
    number, is_behind = _parsed(after)
    segment = b"" if number is None else ids.segment(number)
    start = segment + paths.BEHIND_ALL_REPLIES if is_behind else segment
    read = _page_query(_longest() + 1, begins_behind_a_comment=number is not None and not is_behind)
    rows = [Row.of_values(row) for row in read.stored(discussion=discussion.pk, start=start, number=number)]
    found, following = _cut(rows)
    is_first = number is None
    if not found:
        return Page([], is_first)
    first, last = found[0].comment, found[-1].comment
    is_broken = following is not None and _thread(following) == _thread(last)
    outside = _outside(first, last, is_broken=is_broken)
    above = [row for row in outside.rows if row.comment.path < first.path]
    _lay_out(shown := [*above, *found], context=len(above), following=following)
    return Page(shown, is_first, *_ways_on(last, following, outside))


def around(comment: Comment) -> Page:
    """A comment with what it answers above it and the first replies below: one query, whatever its depth."""
    above = Comment.objects.shown_in(comment.discussion_id).filter(path__in=paths.ancestors(comment.path))
    below = Comment.objects.descendants_of(comment).filter(shown=True).order_by("path")
    # A compound statement takes no LIMIT in its parts on SQLite, so that of the replies stands one level deeper.
    first = Comment.objects.filter(pk__in=below.values("pk")[: _longest() + 1])
    found = sorted(instances(above).order_by().union(instances(first), all=True), key=lambda one: one.path)
    leading, replies = found[: comment.depth], [Row.of(reply) for reply in found[comment.depth :]]
    shown, following = _cut(replies)
    rows = [*map(Row.of, [*leading, comment]), *shown]
    _lay_out(rows, context=len(leading), following=following)
    return Page(rows, True, shown[-1].comment.public_id if following else "")


def alone(comment: Comment) -> list[Row]:
    return [Row.of(comment, closes=1)]


def is_on_first_page(comment: Comment) -> bool:
    """Whether a reader sees it without paging. Reads no more of the index than one page."""
    before = Comment.objects.shown_in(comment.discussion_id).filter(path__lt=comment.path)
    return comment.shown and before[: settings.COMMENTS_PER_PAGE].count() < settings.COMMENTS_PER_PAGE


def tidy_cursor(after: str | None) -> str:
    """The one way to write a cursor; empty for what is none."""
    number, is_behind = _parsed(after)
    return "" if number is None else ids.encode(number) + (BEHIND if is_behind else "")


def _longest() -> int:
    """The rows of a page that ends softly."""
    return settings.COMMENTS_PER_PAGE * 3 // 2


def _cut(found: Sequence[Row]) -> tuple[Sequence[Row], Shown | None]:
    """What makes a page of rows in reading order, and the comment that follows it."""
    end = _soft_end(found)
    return found[:end], found[end].comment if end < len(found) else None


def _soft_end(found: Sequence[Row]) -> int:
    """How many make a page: as many as it holds, and up to half as many again where these end the thread it is in."""
    size = settings.COMMENTS_PER_PAGE
    if len(found) <= size:
        return len(found)
    thread = _thread(found[size - 1].comment)
    end = next((index for index in range(size, len(found)) if _thread(found[index].comment) != thread), len(found))
    return end if end <= _longest() else size


def _thread(comment: Shown) -> bytes:
    return comment.path[: ids.SEGMENT_LENGTH]


class _Outside(NamedTuple):
    """What a page needs of the comments that do not stand on it."""

    rows: list[Row]
    left: int = 0  # replies that follow in the thread that the page breaks off
    next_thread: int | None = None  # the number of what comes after that thread


def _outside(first: Shown, last: Shown, *, is_broken: bool) -> _Outside:
    """The comments above a page's first; where the last thread is broken off, its beginning too, with what is left."""
    places = {*paths.ancestors(first.path), *([_thread(last)] if is_broken else [])}
    if not places:
        return _Outside([])
    given = {f"place{index}": place for index, place in enumerate(places)}
    if is_broken:
        given |= {"last": last.path, "end": _thread(last) + paths.BEHIND_ALL_REPLIES}
    query = _outside_query(len(places), most_counted=MOST_COUNTED if is_broken else 0)
    found = query.stored(discussion=last.discussion_id, **given)
    width = len(Shown._fields) + 1  # with the HTML
    rows = sorted((Row.of_values(row[:width]) for row in found), key=lambda row: row.comment.path)
    return _Outside(rows, *found[0][width:]) if found else _Outside(rows)


@cache
def _outside_query(places: int, *, most_counted: int) -> Prepared[tuple[Any, ...]]:
    """The comments at so many places; each row with `left`, counted to one above `most_counted`, and `next_thread`,
    where a thread is broken off: elsewhere nothing is counted.
    """

    def build() -> QuerySet[Comment, tuple[Any, ...]]:
        everything = Comment.objects.shown_in(Given("discussion", BigIntegerField()))
        wanted = everything.filter(path__in=[Given(f"place{index}", BinaryField()) for index in range(places)])
        if not most_counted:
            return values(wanted)
        behind = Given("end", BinaryField())
        left = everything.filter(path__gt=Given("last", BinaryField()), path__lt=behind).values("pk")
        count = Subquery(
            left[: most_counted + 1],
            template="(SELECT COUNT(*) FROM (%(subquery)s) AS following)",
            output_field=IntegerField(),
        )
        # Not EXISTS: that forgets the order, and PostgreSQL looks for one in a hundred thousand by reading the table.
        next_one = Subquery(everything.filter(path__gt=behind).values("pk")[:1])
        return values(wanted.annotate(left=count, next_thread=next_one), "left", "next_thread")

    return Prepared(build)


def _ways_on(last: Shown, following: Shown | None, outside: _Outside) -> tuple[str, str, int]:
    """The cursor of the next page, that of the rest of a long thread, and how many replies are left in it."""
    if following is None:
        return "", "", 0
    if outside.left <= 3 * settings.COMMENTS_PER_PAGE:
        return last.public_id, "", 0
    behind = ids.encode(paths.root_number(last.path)) + BEHIND
    return behind if outside.next_thread else "", last.public_id, outside.left


@cache
def _page_query(length: int, *, begins_behind_a_comment: bool) -> Prepared[tuple[Any, ...]]:
    """The rows of a page behind the path `start`; where it begins behind a comment, that one's path is looked up.

    Only what begins a thread is skipped whole, and its path is known.
    """

    def build() -> QuerySet[Comment, tuple[Any, ...]]:
        start: Given | Coalesce = Given("start", BinaryField())
        discussion = Given("discussion", BigIntegerField())
        if begins_behind_a_comment:
            own = Comment.objects.filter(pk=Given("number", BigIntegerField()), discussion=discussion).values("path")
            start = Coalesce(Subquery(own), start)
        return values(Comment.objects.shown_in(discussion).filter(path__gt=start))[:length]

    return Prepared(build)


def _parsed(after: str | None) -> tuple[int | None, bool]:
    """The number in a cursor, if it is one, and whether it stands for the comment with all its replies."""
    public_id = (after or "").removesuffix(BEHIND)
    try:
        return ids.decode(public_id), public_id != after
    except ValueError:
        return None, False


def _lay_out(rows: Sequence[Row], *, context: int, following: Shown | None = None) -> None:
    """Say where each of the rows, in reading order, stands; the first `context` of them only lead to the others.

    How many replies a comment has is known when it ends: as many as there are rows since.
    """
    by_number: dict[int, Shown] = {}
    open_rows: list[tuple[int, Row]] = []
    behind = following.path if following else b""
    for index, row in enumerate(rows):
        comment = row.comment
        while open_rows and not comment.path.startswith(open_rows[-1][1].comment.path):
            begun, ended = open_rows.pop()
            ended.replies = index - begun - 1
            rows[index - 1].closes += 1
        open_rows.append((index, row))
        row.answered = by_number.get(comment.reply_to_id or comment.parent_id or 0)
        row.level = len(open_rows)
        row.is_context = index < context
        row.is_whole = index >= context and not behind.startswith(comment.path)
        by_number[comment.pk] = comment
    for begun, ended in open_rows:
        ended.replies = len(rows) - begun - 1
        rows[-1].closes += 1

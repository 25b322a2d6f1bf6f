"""Lay out a discussion for reading: pages in tree order, with one query each, whatever the size of the discussion.

One more query reads what lies outside a page: the comments above a page that begins inside a thread, and the number of
replies left in a thread that the page breaks off. Rows are a flat list. Each row says whether its replies follow and
how many comments end after it, so that neither queries nor markup need recursion.
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
from comments.threads.rows import CommentData, Row, instances, values
from core.compiled_queries import Given, Prepared

SKIP_REPLIES = "-end"  # at the end of a cursor: the page begins after all replies to the comment, not right after it
MAX_COUNTED = 200  # replies; counting 1,000 took a tenth of the page, counting 50,000 more than everything else


@dataclass(frozen=True)
class Page:
    """Rows and cursors. A cursor is a value of `after` in the URL of a post, or empty if nothing follows."""

    rows: list[Row]
    is_first: bool
    next_cursor: str = ""
    thread_cursor: str = ""  # continues a thread that is so long that this page leaves it
    thread_left: int = 0  # replies left in that thread, counted up to MAX_COUNTED + 1


def visible_discussion(post: Post) -> Discussion | None:
    """Return the discussion that was read with the post (`PostQuerySet.for_page`), or None if readers do not see it."""
    discussion: Discussion | None = getattr(post, "discussion", None)  # a post that is not stored has none
    return discussion if discussion and discussion.is_visible else None


def get_page(discussion: Discussion, after: str | None) -> Page:
    """Return the page that begins after the cursor `after`, or the first page without a valid one.

    The comment in the cursor may be gone: then the page begins where a thread with its id would stand.
    """
    pk, skips_replies = _parse_cursor(after)
    segment = b"" if pk is None else ids.segment(pk)
    start = segment + paths.AFTER_ALL_REPLIES if skips_replies else segment
    query = _page_query(_max_rows() + 1, begins_after_a_comment=pk is not None and not skips_replies)
    rows = [Row.from_values(row) for row in query.stored(discussion=discussion.pk, start=start, pk=pk)]
    page_rows, following = _split(rows)
    is_first = pk is None
    if not page_rows:
        return Page([], is_first)
    first, last = page_rows[0].comment, page_rows[-1].comment
    is_broken_off = following is not None and _thread(following) == _thread(last)
    outside = _read_outside(first, last, is_broken_off=is_broken_off)
    context = [row for row in outside.rows if row.comment.path < first.path]
    _set_positions(shown := [*context, *page_rows], context=len(context), following=following)
    return Page(shown, is_first, *_next_cursors(last, following, outside))


def page_around(comment: Comment) -> Page:
    """Return a comment with its ancestors and the first replies to it. One query, however deep the comment is."""
    above = Comment.objects.shown_in(comment.discussion_id).filter(path__in=paths.ancestors(comment.path))
    below = Comment.objects.descendants_of(comment).filter(shown=True).order_by("path")
    # SQLite allows no LIMIT in the parts of a compound statement, so the limit of the replies is in a subquery.
    first_replies = Comment.objects.filter(pk__in=below.values("pk")[: _max_rows() + 1])
    both = instances(above).order_by().union(instances(first_replies), all=True)
    in_order = sorted(both, key=lambda each: each.path)
    ancestors, replies = in_order[: comment.depth], in_order[comment.depth :]
    shown, following = _split([Row.from_comment(reply) for reply in replies])
    rows = [*map(Row.from_comment, [*ancestors, comment]), *shown]
    _set_positions(rows, context=len(ancestors), following=following)
    return Page(rows, True, shown[-1].comment.public_id if following else "")


def single_row(comment: Comment) -> list[Row]:
    """Return the rows that show the comment alone."""
    return [Row.from_comment(comment, closes=1)]


def is_on_first_page(comment: Comment) -> bool:
    """Whether the comment is on the first page of its discussion. Reads no more of the index than one page."""
    before = Comment.objects.shown_in(comment.discussion_id).filter(path__lt=comment.path)
    return comment.shown and before[: settings.COMMENTS_PER_PAGE].count() < settings.COMMENTS_PER_PAGE


def canonical_cursor(after: str | None) -> str:
    """Return the one way to write a cursor; empty if it is invalid."""
    pk, skips_replies = _parse_cursor(after)
    return "" if pk is None else ids.encode(pk) + (SKIP_REPLIES if skips_replies else "")


def _max_rows() -> int:
    """The most rows of a page, which may grow by half to reach the end of a thread."""
    return settings.COMMENTS_PER_PAGE * 3 // 2


def _split(rows: Sequence[Row]) -> tuple[Sequence[Row], CommentData | None]:
    """Return those of the rows (in reading order) that make the page, and the comment that follows them."""
    length = _page_length(rows)
    return rows[:length], rows[length].comment if length < len(rows) else None


def _page_length(rows: Sequence[Row]) -> int:
    """Return how many rows make the page: its usual size, or up to half as many again if they end the last thread."""
    size = settings.COMMENTS_PER_PAGE
    if len(rows) <= size:
        return len(rows)
    thread = _thread(rows[size - 1].comment)
    end = next((index for index in range(size, len(rows)) if _thread(rows[index].comment) != thread), len(rows))
    return end if end <= _max_rows() else size


def _thread(comment: CommentData) -> bytes:
    """The path of the comment that begins the thread."""
    return comment.path[: ids.SEGMENT_LENGTH]


class _Outside(NamedTuple):
    """What a page needs of the comments that are not on it."""

    rows: list[Row]
    left: int = 0  # replies that follow in the thread that the page breaks off
    next_thread: int | None = None  # the pk of the comment after that thread


def _read_outside(first: CommentData, last: CommentData, *, is_broken_off: bool) -> _Outside:
    """Read the ancestors of the page's first comment. If its last thread is broken off, count the replies left in it.

    The counts come with a row, so the comment that begins that thread is read, too.
    """
    wanted = {*paths.ancestors(first.path), *([_thread(last)] if is_broken_off else [])}
    if not wanted:
        return _Outside([])
    arguments = {f"path{index}": path for index, path in enumerate(wanted)}
    if is_broken_off:
        arguments |= {"last": last.path, "end": _thread(last) + paths.AFTER_ALL_REPLIES}
    query = _outside_query(len(wanted), max_counted=MAX_COUNTED if is_broken_off else 0)
    results = query.stored(discussion=last.discussion_id, **arguments)
    width = len(CommentData._fields) + 1  # with the HTML
    rows = sorted((Row.from_values(row[:width]) for row in results), key=lambda row: row.comment.path)
    return _Outside(rows, *results[0][width:]) if results else _Outside(rows)


@cache
def _outside_query(path_count: int, *, max_counted: int) -> Prepared[tuple[Any, ...]]:
    """Return the query for the comments at so many paths.

    With `max_counted`, each row also has `left`, counted up to `max_counted` + 1, and `next_thread`.
    """

    def build() -> QuerySet[Comment, tuple[Any, ...]]:
        shown = Comment.objects.shown_in(Given("discussion", BigIntegerField()))
        wanted = shown.filter(path__in=[Given(f"path{index}", BinaryField()) for index in range(path_count)])
        if not max_counted:
            return values(wanted)
        end = Given("end", BinaryField())
        left = shown.filter(path__gt=Given("last", BinaryField()), path__lt=end).values("pk")
        count = Subquery(
            left[: max_counted + 1],
            template="(SELECT COUNT(*) FROM (%(subquery)s) AS following)",
            output_field=IntegerField(),
        )
        # Not EXISTS: it drops the order, and PostgreSQL then reads the table to find one row in a hundred thousand.
        next_thread = Subquery(shown.filter(path__gt=end).values("pk")[:1])
        return values(wanted.annotate(left=count, next_thread=next_thread), "left", "next_thread")

    return Prepared(build)


def _next_cursors(last: CommentData, following: CommentData | None, outside: _Outside) -> tuple[str, str, int]:
    """Return the cursor of the next page, that of the rest of a long thread, and the number of replies left in it."""
    if following is None:
        return "", "", 0
    if outside.left <= 3 * settings.COMMENTS_PER_PAGE:
        return last.public_id, "", 0
    after_thread = ids.encode(paths.root_id(last.path)) + SKIP_REPLIES
    return after_thread if outside.next_thread else "", last.public_id, outside.left


@cache
def _page_query(length: int, *, begins_after_a_comment: bool) -> Prepared[tuple[Any, ...]]:
    """Return the query for the rows after the path `start`, or after the comment `pk` if that is still there.

    Replies are skipped only for a comment that begins a thread, and its path follows from its id.
    """

    def build() -> QuerySet[Comment, tuple[Any, ...]]:
        start: Given | Coalesce = Given("start", BinaryField())
        discussion = Given("discussion", BigIntegerField())
        if begins_after_a_comment:
            path = Comment.objects.filter(pk=Given("pk", BigIntegerField()), discussion=discussion).values("path")
            start = Coalesce(Subquery(path), start)
        return values(Comment.objects.shown_in(discussion).filter(path__gt=start))[:length]

    return Prepared(build)


def _parse_cursor(after: str | None) -> tuple[int | None, bool]:
    """Return the pk in a cursor, or None if it is invalid, and whether the replies to that comment are skipped, too."""
    public_id = (after or "").removesuffix(SKIP_REPLIES)
    try:
        return ids.decode(public_id), public_id != after
    except ValueError:
        return None, False


def _set_positions(rows: Sequence[Row], *, context: int, following: CommentData | None = None) -> None:
    """Set the position of each of the rows (in reading order); the first `context` rows only lead to the others.

    The number of replies to a comment is known when it ends: it is the number of rows since.
    """
    by_pk: dict[int, CommentData] = {}
    open_rows: list[tuple[int, Row]] = []
    following_path = following.path if following else b""
    for index, row in enumerate(rows):
        comment = row.comment
        while open_rows and not comment.path.startswith(open_rows[-1][1].comment.path):
            start, ended = open_rows.pop()
            ended.replies = index - start - 1
            rows[index - 1].closes += 1
        open_rows.append((index, row))
        row.answered = by_pk.get(comment.reply_to_id or comment.parent_id or 0)
        row.level = len(open_rows)
        row.is_context = index < context
        row.has_all_replies = index >= context and not following_path.startswith(comment.path)
        by_pk[comment.pk] = comment
    for start, ended in open_rows:
        ended.replies = len(rows) - start - 1
        rows[-1].closes += 1

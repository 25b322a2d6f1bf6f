"""A discussion laid out for reading: pages in tree order, one query each, at any size.

One more query fetches the context when a page begins inside a thread. The rows are a flat list; each says whether its
replies follow and how many threads end after it, so that neither queries nor templates need recursion.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import BinaryField, Subquery, Value
from django.db.models.functions import Coalesce

from comments import ids, paths
from comments.models import Comment, CommentQuerySet, Discussion


@dataclass
class Row:
    """A comment as it stands on a page; `level` 1 is the outermost."""

    comment: Comment
    answered: Comment | None
    level: int
    is_context: bool
    closes: int = 0  # lists of replies that end after this row

    @property
    def ends_here(self) -> bool:
        """No reply follows directly."""
        return self.closes > 0

    @property
    def outer_ends(self) -> range:
        """One turn for every enclosing list that ends here, too."""
        return range(self.closes - 1)


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    next_cursor: str  # the public id after which the next page begins; empty on the last
    is_first: bool


def page(discussion: Discussion, after: str | None) -> Page:
    """One page of what is shown, the rows after the comment with the public id `after`; the first without a usable one.

    The comment need not be there any more: then the page begins where it would stand if it had begun a thread.
    """
    number = _number(after)
    comments = Comment.objects.shown_in(discussion.pk)
    if number is not None:
        comments = comments.filter(path__gt=_place(discussion, number))
    found, next_cursor = _slice(comments)
    above = _ancestors(found[0]) if found else []
    return Page(_laid_out([*above, *found], context=len(above)), next_cursor, is_first=number is None)


def around(comment: Comment) -> Page:
    """A comment with what it answers above it and the first page of its replies below."""
    below, above = Comment.objects.below(comment).filter(shown=True).order_by("path"), _ancestors(comment)
    found, next_cursor = _slice(below)
    return Page(_laid_out([*above, comment, *found], context=len(above)), next_cursor, is_first=True)


def alone(comment: Comment) -> list[Row]:
    return _laid_out([comment], context=0)


def is_on_first_page(comment: Comment) -> bool:
    """Whether a reader sees it without paging. Reads no more of the index than one page."""
    before = Comment.objects.shown_in(comment.discussion_id).filter(path__lt=comment.path)
    return comment.shown and before[: settings.COMMENTS_PER_PAGE].count() < settings.COMMENTS_PER_PAGE


def _slice(comments: CommentQuerySet) -> tuple[list[Comment], str]:
    """The first page of `comments` and the cursor of the next, which is empty where nothing follows."""
    size = settings.COMMENTS_PER_PAGE
    found = list(comments.with_badges().defer("source")[: size + 1])
    return found[:size], found[size - 1].public_id if len(found) > size else ""


def _ancestors(comment: Comment) -> list[Comment]:
    if not comment.depth:
        return []
    above = Comment.objects.shown_in(comment.discussion_id).filter(path__in=paths.ancestors(comment.path))
    return list(above.with_badges().defer("source"))


def _place(discussion: Discussion, number: int) -> Coalesce:
    own = Comment.objects.filter(pk=number, discussion=discussion).values("path")
    return Coalesce(Subquery(own), Value(ids.segment(number), output_field=BinaryField()))


def _number(public_id: str | None) -> int | None:
    try:
        return ids.decode(public_id or "")
    except ValueError:
        return None


def _laid_out(comments: Iterable[Comment], *, context: int) -> list[Row]:
    """The rows of comments in reading order; the first `context` of them only lead to the others."""
    rows: list[Row] = []
    open_rows: list[Row] = []
    by_number: dict[int, Comment] = {}
    for comment in comments:
        while open_rows and not comment.path.startswith(open_rows[-1].comment.path):
            open_rows.pop()
            rows[-1].closes += 1
        answered = by_number.get(comment.reply_to_id or comment.parent_id or 0)
        row = Row(comment, answered, len(open_rows) + 1, is_context=len(rows) < context)
        rows.append(row)
        open_rows.append(row)
        by_number[comment.pk] = comment
    if rows:
        rows[-1].closes = len(open_rows)
    return rows

"""What is read of a comment to show it: a row of plain values, which costs a third of a model instance.

Times stay as the database returns them (text on SQLite): converting them takes longer than the rest of the row, and
most rows find their HTML in the cache of `markup` by the unconverted time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from comments.models import Comment, CommentQuerySet
from comments.threads import ids

PUBLISHED = Comment.State.PUBLISHED.value


class CommentData(NamedTuple):
    """Everything that an article shows of its comment, except the HTML of the text."""

    discussion_id: int
    pk: int
    parent_id: int | None
    reply_to_id: int | None
    path: bytes
    state: str
    name: str
    badge: str
    language: str
    stored_time: datetime | str
    edited_at: datetime | str | None
    is_by_original_author: bool

    @property
    def public_id(self) -> str:
        return ids.encode(self.pk)

    @property
    def is_tombstone(self) -> bool:
        return self.state != PUBLISHED

    @property
    def time(self) -> datetime:
        """When it was published; for a comment that never was, when it was written."""
        if isinstance(self.stored_time, datetime):
            return self.stored_time
        return datetime.fromisoformat(self.stored_time).replace(tzinfo=UTC)


@dataclass(slots=True)
class Row:
    """A comment and its position on a page; `level` 1 is the outermost."""

    comment: CommentData
    html: str
    answered: CommentData | None = None  # the comment that it replies to, if that is on the page
    level: int = 1
    is_context: bool = False
    has_all_replies: bool = True  # whether all its replies are on this page
    replies: int = 0  # on all levels below it, as far as they are on this page
    closes: int = 0  # comments that end after this row: itself, and those above it without further replies here

    @classmethod
    def from_values(cls, values: tuple[Any, ...]) -> Self:
        """Create a row from a result of `values`."""
        return cls(CommentData._make(values[1:]), values[0])

    @classmethod
    def from_comment(cls, comment: Comment, *, closes: int = 0) -> Self:
        """Create a row from a model instance. One that was read without badges gets no “original author” badge."""
        known = {"stored_time": comment.published_at or comment.created_at, "is_by_original_author": False}
        data = CommentData._make(getattr(comment, name, known.get(name)) for name in CommentData._fields)
        return cls(data, comment.html, closes=closes)


def values(comments: CommentQuerySet, *more: str) -> QuerySet[Comment, tuple[Any, ...]]:
    """Return tuples of the HTML, the fields of `CommentData`, and `more`."""
    return (
        comments.with_badges()
        .annotate(stored_time=Coalesce("published_at", "created_at"))
        .values_list("html", *CommentData._fields, *more)
    )


def instances(comments: CommentQuerySet) -> CommentQuerySet:
    """Return instances with the same columns, for `Row.from_comment`. The other columns are long or private."""
    columns = set(CommentData._fields) - {"stored_time", "is_by_original_author"}
    return comments.with_badges().only("html", "published_at", *columns)

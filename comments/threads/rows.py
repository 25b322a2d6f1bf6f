"""What is read of a comment to show it: a row of plain values, which costs a third of what an instance of a model does.

Moments stay as the database has them, text on SQLite: to make them of it takes longer than all the rest of the row, and
most rows are shown as they were shown before (see `markup`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from comments.models import Comment, CommentQuerySet
from comments.threads import ids

PUBLISHED = Comment.State.PUBLISHED.value


class Shown(NamedTuple):
    """All that an article says of its comment, but for the HTML of its words."""

    discussion_id: int
    pk: int
    parent_id: int | None
    reply_to_id: int | None
    path: bytes
    state: str
    name: str
    badge: str
    language: str
    since: datetime | str
    edited_at: datetime | str | None
    is_by_original_author: bool

    @property
    def public_id(self) -> str:
        return ids.encode(self.pk)

    @property
    def is_tombstone(self) -> bool:
        return self.state != PUBLISHED

    @property
    def moment(self) -> datetime:
        if isinstance(self.since, datetime):
            return self.since
        return datetime.fromisoformat(self.since).replace(tzinfo=UTC)


@dataclass(slots=True)
class Row:
    """A comment as it stands on a page; `level` 1 is the outermost."""

    comment: Shown
    html: str
    answered: Shown | None = None
    level: int = 1
    is_context: bool = False
    is_whole: bool = True  # all its replies stand on this page
    replies: int = 0  # of all levels, as far as they stand on this page
    closes: int = 0  # comments that end after this row: itself, and those above it that have no more replies here

    @classmethod
    def of_values(cls, values: tuple[Any, ...]) -> Self:
        """Of a row that `values` has read."""
        return cls(Shown._make(values[1:]), values[0])

    @classmethod
    def of(cls, comment: Comment, *, closes: int = 0) -> Self:
        """Of an instance; one that was read without badges has none of the original author."""
        known = {"since": comment.published_at or comment.created_at, "is_by_original_author": False}
        shown = Shown._make(getattr(comment, name, known.get(name)) for name in Shown._fields)
        return cls(shown, comment.html, closes=closes)


def values(comments: CommentQuerySet, *more: str) -> QuerySet[Comment, tuple[Any, ...]]:
    """The HTML, and behind it the columns of `Shown`, and `more`."""
    return (
        comments.with_badges()
        .annotate(since=Coalesce("published_at", "created_at"))
        .values_list("html", *Shown._fields, *more)
    )


def instances(comments: CommentQuerySet) -> CommentQuerySet:
    """The same columns for `Row.of`: the others are long or private."""
    columns = set(Shown._fields) - {"since", "is_by_original_author"}
    return comments.with_badges().only("html", "published_at", *columns)

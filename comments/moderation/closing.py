"""Closing and reopening discussions. Either way readers can read what was written before."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, QuerySet

from blog.models import Blog, Post
from comments.models import Discussion
from core import clock
from core.compiled_queries import Given, Prepared

State = Discussion.State


def close(discussions: Iterable[Discussion]) -> int:
    """Accept no more comments until a discussion is reopened; returns how many changed. Hidden ones stay hidden."""
    return sum(_change(discussion, state=State.READONLY) for discussion in discussions if discussion.is_open)


def reopen(discussions: Iterable[Discussion]) -> int:
    """Accept comments again in hidden and closed discussions, whatever the blog's default; returns how many changed."""
    closed = [discussion for discussion in discussions if not discussion.is_open]
    return sum(_change(discussion, state=State.OPEN, closes_at=None, stays_open=True) for discussion in closed)


@transaction.atomic
def save_settings(discussion: Discussion) -> None:
    """Store what a moderator has set. Saves no other column: a stale row would overwrite the count of comments."""
    discussion.save(update_fields=["state", "hold", "closes_at", "stays_open"])
    _mark_as_changed(discussion)


@transaction.atomic
def _change(discussion: Discussion, **columns: object) -> int:
    changed = Discussion.objects.filter(pk=discussion.pk).update(**columns)
    _mark_as_changed(discussion)
    return changed


def _mark_as_changed(discussion: Discussion) -> None:
    Discussion.objects.filter(pk=discussion.pk).record_change(count=0)


def next_closing(now: datetime) -> datetime | None:
    """Return when the next discussion closes by itself: at its own time, or after the blog's number of days.

    Called at every poll of the change log, so after every comment: that is why the queries are compiled once.
    """
    own = next((moment for (moment,) in _CLOSING(now=now)), None)
    days = timedelta(days=next((days for (days,) in _DAYS()), None) or 0)
    if not days:
        return own
    first = next((moment for (moment,) in _PUBLISHED(now=clock.now(), since=now - days)), None)
    return min(filter(None, (own, first and first + days)), default=None)


def _closing() -> QuerySet[Discussion, tuple[datetime | None]]:
    closing = Discussion.objects.filter(closes_at__gt=Given("now", DateTimeField()))
    return closing.order_by("closes_at").values_list("closes_at")[:1]


def _published() -> QuerySet[Post, tuple[datetime | None]]:
    published = Post.objects.published(now=Given("now", DateTimeField()))
    recent = published.filter(published_at__gt=Given("since", DateTimeField()))
    return recent.order_by("published_at").values_list("published_at")[:1]


_CLOSING = Prepared(_closing)
_PUBLISHED = Prepared(_published)
_DAYS = Prepared(lambda: Blog.objects.order_by().values_list("comments_close_after"))

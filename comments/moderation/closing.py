"""Closing and reopening discussions. Either way readers can read what was written before."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from blog.models import Blog, Post
from comments.models import Discussion

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
    """Return when the next discussion closes by itself: at its own time, or after the blog's number of days."""
    closing = Discussion.objects.filter(closes_at__gt=now).order_by("closes_at")
    own = closing.values_list("closes_at", flat=True).first()
    days = timedelta(days=Blog.objects.values_list("comments_close_after", flat=True).get() or 0)
    if not days:
        return own
    recent = Post.objects.published().filter(published_at__gt=now - days).order_by("published_at")
    first = recent.values_list("published_at", flat=True).first()
    return min(filter(None, (own, first and first + days)), default=None)

"""Closing discussions and opening them again. What has been said can be read either way."""

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
    """Let no more be said from now on, until somebody opens them again; how many that changed. One that is hidden
    stays so.
    """
    return sum(_change(discussion, state=State.READONLY) for discussion in discussions if discussion.is_open)


def reopen(discussions: Iterable[Discussion]) -> int:
    """Take comments again, hidden or closed, whatever the blog says of days; how many that changed."""
    asked = [discussion for discussion in discussions if not discussion.is_open]
    return sum(_change(discussion, state=State.OPEN, closes_at=None, stays_open=True) for discussion in asked)


@transaction.atomic
def note_settings(discussion: Discussion) -> None:
    """Store what a moderator set, and nothing else: a whole row would put back the count of before."""
    discussion.save(update_fields=["state", "hold", "closes_at", "stays_open"])
    _told_to_readers(discussion)


@transaction.atomic
def _change(discussion: Discussion, **columns: object) -> int:
    changed = Discussion.objects.filter(pk=discussion.pk).update(**columns)
    _told_to_readers(discussion)
    return changed


def _told_to_readers(discussion: Discussion) -> None:
    Discussion.objects.filter(pk=discussion.pk).record_change(count=0)


def next_closing(now: datetime) -> datetime | None:
    """When the next discussion closes by itself: at its own moment, or after the days that the blog says.

    Asked with every look at what has changed, so after every comment: the queries are written once.
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
    lately = published.filter(published_at__gt=Given("since", DateTimeField()))
    return lately.order_by("published_at").values_list("published_at")[:1]


_CLOSING = Prepared(_closing)
_PUBLISHED = Prepared(_published)
_DAYS = Prepared(lambda: Blog.objects.order_by().values_list("comments_close_after"))

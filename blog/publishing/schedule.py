"""When the passing of time will next change what is public.

Every poll of the change log calls this, so after every comment. That is why the queries are compiled once.
"""

from datetime import datetime

from django.db.models import DateTimeField, QuerySet

from blog.models import Post, Repost
from core.compiled_queries import Given, Prepared

NOW = Given("now", DateTimeField())


def next_publication(now: datetime) -> datetime | None:
    """Return when the next scheduled post appears, or None."""
    return next((moment for (moment,) in _PUBLICATION(now=now)), None)


def next_end(now: datetime) -> datetime | None:
    """Return when the next permission expires, or None."""
    return next((moment for (moment,) in _END(now=now)), None)


def _scheduled() -> QuerySet[Post, tuple[datetime | None]]:
    return Post.objects.scheduled(NOW).order_by("published_at").values_list("published_at")[:1]


def _ending() -> QuerySet[Repost, tuple[datetime | None]]:
    return Repost.objects.filter(ends_at__gt=NOW).order_by("ends_at").values_list("ends_at")[:1]


_PUBLICATION = Prepared(_scheduled)
_END = Prepared(_ending)

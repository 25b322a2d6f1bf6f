"""When the clock will next change what is public by itself.

Asked with every look at what has changed, so after every comment: the queries are written once.
"""

from datetime import datetime

from django.db.models import DateTimeField, QuerySet

from blog.models import Post, Repost
from core.compiled_queries import Given, Prepared

NOW = Given("now", DateTimeField())


def next_publication(now: datetime) -> datetime | None:
    """When the next scheduled post appears."""
    return next((moment for (moment,) in _PUBLICATION(now=now)), None)


def next_end(now: datetime) -> datetime | None:
    """When the next permission ends by itself."""
    return next((moment for (moment,) in _END(now=now)), None)


def _scheduled() -> QuerySet[Post, tuple[datetime | None]]:
    return Post.objects.scheduled(NOW).order_by("published_at").values_list("published_at")[:1]


def _ending() -> QuerySet[Repost, tuple[datetime | None]]:
    return Repost.objects.filter(ends_at__gt=NOW).order_by("ends_at").values_list("ends_at")[:1]


_PUBLICATION = Prepared(_scheduled)
_END = Prepared(_ending)

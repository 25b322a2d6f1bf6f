"""When the clock will next change what is public."""

from datetime import datetime

from blog.models import Post, Repost


def next_publication(now: datetime) -> datetime | None:
    """When the next scheduled post appears."""
    scheduled = Post.objects.scheduled(now).order_by("published_at")
    return scheduled.values_list("published_at", flat=True).first()


def next_end(now: datetime) -> datetime | None:
    """When the next permission ends."""
    ending = Repost.objects.filter(ends_at__gt=now).order_by("ends_at")
    return ending.values_list("ends_at", flat=True).first()

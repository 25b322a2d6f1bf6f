"""Signal receivers that react to changes of posts."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from blog.models import Post
from comments.models import Discussion


@receiver(post_save, sender=Post)
def open_discussion(instance: Post, created: bool, raw: bool, using: str, **kwargs: Any) -> None:
    """Create the discussion together with its post, so that no page has to. Fixtures bring their own."""
    if created and not raw:
        Discussion.objects.using(using).create(post=instance)

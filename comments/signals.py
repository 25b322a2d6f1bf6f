"""What happens on this floor when something happens on the floor below."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from blog.models import Post
from comments.models import Discussion


@receiver(post_save, sender=Post)
def open_discussion(instance: Post, created: bool, raw: bool, using: str, **kwargs: Any) -> None:
    """Every post has its discussion from the start, so no page has to make one. A fixture brings its own."""
    if created and not raw:
        Discussion.objects.using(using).create(post=instance)

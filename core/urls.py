"""Paths of pages of this site."""

from functools import lru_cache

from django.urls import reverse


@lru_cache(maxsize=4096)
def path_to(name: str, *args: str | int) -> str:
    """Django's `reverse` with a cache: it takes 17 µs, and a post's page needs forty paths."""
    return reverse(name, args=args)

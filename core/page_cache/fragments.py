"""Fragments that outlive the page they were made for.

Templates cache them with Django's `{% cache %}` in the cache "template_fragments", which is always in the memory of
this process. Their key contains a version: the number of the poll that last found one of their tags invalidated. When
something changes, so does the version, and the old fragment is never read again.
"""

from django.http import HttpRequest

from core.page_cache.freshness import Freshness

FRESHNESS = "imprimatur.freshness"  # in `request.META`: what the page cache knows of changes


class FragmentVersions:
    """The versions of fragments, as of the moment at which a view begins. Create it before the first query."""

    def __init__(self, request: HttpRequest) -> None:
        self._freshness: Freshness | None = request.META.get(FRESHNESS)
        self._poll = self._freshness.number if self._freshness else 0

    def of(self, *tags: str) -> str | None:
        """The version of fragments with these tags, or None if they must not be cached.

        They must not if no page cache is in front of the view, or if a later poll has found them invalidated: the view
        may have read the data before that change.
        """
        if self._freshness is None:
            return None
        number = self._freshness.invalidated_at(tags)
        return f"{self._freshness.instance}-{number}" if number <= self._poll else None

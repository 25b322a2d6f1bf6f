"""What `core` needs to know about the site that it serves: its title, language and time zone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from zoneinfo import ZoneInfo

from django.utils import timezone, translation


class Site(Protocol):
    """An object with the settings of the site; `blog.models.Blog` is one."""

    title: str
    language: str  # a BCP 47 tag

    @property
    def zone(self) -> ZoneInfo: ...


@contextmanager
def override_locale(site: Site, language: str = "") -> Iterator[None]:
    """Activate the time zone of the site and its language, or `language` if one is given."""
    with translation.override(language or site.language), timezone.override(site.zone):
        yield

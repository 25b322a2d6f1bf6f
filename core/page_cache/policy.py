"""What a view tells the page cache about its pages.

A page is cached if its view is decorated with `cached_page`, its response is public, and something has been declared
that it depends on: by the `tags` of the decorator, or by `depends_on` while the page is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve

View = TypeVar("View", bound=Callable[..., Any])

TAGS = "imprimatur.page_tags"  # in `request.META`: what the page depends on


@dataclass(frozen=True)
class CachePolicy:
    """How the pages of a view are cached.

    `parameters` are the query parameters that the view reads; the cache drops all others. `tags` name what every page
    of the view depends on.
    """

    parameters: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()


def cached_page(*, parameters: tuple[str, ...] = (), tags: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Allow the page cache to store what the decorated view returns.

    The policy is an attribute of the view function. Decorators that use `functools.wraps`, as Django's do, copy it; so
    this one may stand above or below them.
    """

    def decorate(view: View) -> View:
        view.cache_policy = CachePolicy(parameters, frozenset(tags))  # type: ignore[attr-defined]
        return view

    return decorate


def runs_in_write_thread(view: View) -> View:
    """Have `core.page_cache.threads` run the POST requests of this view in the thread that writes."""
    view.runs_in_write_thread = True  # type: ignore[attr-defined]
    return view


def depends_on(request: HttpRequest, *tags: str) -> None:
    """Declare that the page which answers `request` must be made again when one of `tags` is invalidated."""
    request.META.setdefault(TAGS, set()).update(tags)


def policy_of(path: str) -> CachePolicy | None:
    """The cache policy of the view at `path`, or None if its pages must not be cached or there is no view."""
    policy: CachePolicy | None = getattr(_view_at(path), "cache_policy", None)
    return policy


def is_for_write_thread(path: str) -> bool:
    """Whether the view at `path` is decorated with `runs_in_write_thread`."""
    return getattr(_view_at(path), "runs_in_write_thread", False)


def public_cache_control(status: int) -> str:
    """The Cache-Control header of a public response.

    Browsers revalidate each time. A shared cache may answer for a few seconds, but never with an error.
    """
    if status >= 400:
        return "max-age=0"
    return f"public, max-age=0, s-maxage={settings.SHARED_CACHE_SECONDS}, must-revalidate"


def _view_at(path: str) -> Callable[..., Any] | None:
    try:
        return resolve(path).func
    except Resolver404:
        return None

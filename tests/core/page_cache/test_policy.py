"""Which pages are cached is declared at their views, and decided for every route of the site."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_safe

from blog.models import Post, Tag
from core.page_cache import cached_page, runs_in_write_thread
from core.page_cache.policy import CachePolicy
from tests.comments.conftest import Say
from tests.core.page_cache.conftest import Site

LIST = CachePolicy(("before",), frozenset({"posts"}))
FEED = CachePolicy(tags=frozenset({"posts"}))
ONE_POST = CachePolicy()
# Every public route of the site. A page without its decorator is slow; one with it by mistake may be out of date.
ROUTES: dict[str, CachePolicy | None] = {
    **dict.fromkeys(("home", "year", "month", "tag", "person", "permissions"), LIST),
    "post": CachePolicy(("after",)),
    **dict.fromkeys(("feed-posts", "feed-posts-json", "feed-tag"), FEED),
    "feed-comments": CachePolicy(tags=frozenset({"posts", "comments"})),
    "sitemap": CachePolicy(("month",), frozenset({"posts"})),
    **dict.fromkeys(("permission", "permission-jsonld", "cite-bibtex", "cite-ris"), ONE_POST),
    **dict.fromkeys(("comment", "comment-version", "feed-post-comments"), ONE_POST),
    **dict.fromkeys(("search", "robots", "media", "healthz", "readyz"), None),
    **dict.fromkeys(("dispute", "author-page", "post-edit"), None),
    **dict.fromkeys(("markdownx_upload", "markdownx_markdownify"), None),
    **dict.fromkeys(("comment-new", "comment-confirm", "own-comment", "comment-edit", "comment-delete"), None),
    **dict.fromkeys(("comment-subscribe", "comment-subscribe-confirm", "comment-confirm-email"), None),
    **dict.fromkeys(("comment-unsubscribe", "personal-data", "personal-data-page"), None),
    **dict.fromkeys(("comment-export-json", "comment-export-html", "comment-erase"), None),
}
WRITE_ROUTES = {"comment-new", "comment-confirm"}


def routes(resolver: URLResolver | None = None) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The name and the view of every route of the site outside Django's admin."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield entry.name or "", entry.callback
        elif entry.app_name != "admin":
            yield from routes(entry)


def test_every_route_declares_whether_it_is_cached() -> None:
    assert {name: getattr(view, "cache_policy", None) for name, view in routes()} == ROUTES


def test_only_forms_of_comments_run_in_the_write_thread() -> None:
    assert {name for name, view in routes() if hasattr(view, "runs_in_write_thread")} == WRITE_ROUTES


def test_every_page_that_may_be_cached_is(site: Site, own_post: Post, permitted_repost: Post, say: Say) -> None:
    tag = Tag.objects.create(name="Law", slug="law")
    own_post.tags.add(tag)
    comment, day = say(), own_post.published_at
    assert day is not None
    arguments: dict[str, list[Any]] = {
        "year": [day.year],
        "month": [day.year, day.month],
        "post": [day.year, day.month, own_post.slug],
        "tag": [tag.slug],
        "person": [own_post.author.slug],
        "permission": [permitted_repost.repost.public_id],
        "permission-jsonld": [permitted_repost.repost.public_id],
        "feed-tag": [tag.slug],
        "comment": [comment.pk],
        "comment-version": [own_post.pk],
    }
    arguments |= dict.fromkeys(("cite-bibtex", "cite-ris", "feed-post-comments"), arguments["post"])
    for name in (name for name, policy in ROUTES.items() if policy):
        path = reverse(name, args=arguments.get(name, []))
        assert site.ask(path).status == 200, name
        assert not site.makes(path), name


@pytest.mark.parametrize("decorate", [require_safe, csrf_exempt, csrf_protect])
def test_other_decorators_may_stand_above_and_below(decorate: Callable[[Any], Any]) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    policy = CachePolicy(("before",), frozenset({"posts"}))
    above = runs_in_write_thread(cached_page(parameters=("before",), tags=("posts",))(decorate(view)))
    assert (above.cache_policy, above.runs_in_write_thread) == (policy, True)
    assert not hasattr(view, "cache_policy"), "another decorator has wrapped the view"
    below = decorate(runs_in_write_thread(cached_page(parameters=("before",), tags=("posts",))(view)))
    assert (below.cache_policy, below.runs_in_write_thread) == (policy, True)

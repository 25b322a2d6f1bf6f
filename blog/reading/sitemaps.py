"""The sitemap: one file, or for many posts an index with one file a month."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.models import Blog, Post, PostQuerySet
from blog.models.posts import latest_change
from blog.page_tags import POSTS
from blog.reading.url_converters import MonthConverter, YearConverter
from blog.reading.views import period_bounds
from core import clock
from core.page_cache import cached_page, public_cache_control
from core.urls import path_to

# One file with SINGLE_FILE_LIMIT posts takes 0.2 s; with more posts there is an index. The file of a month has at most
# MONTH_LIMIT posts, which is the limit of the protocol.
SINGLE_FILE_LIMIT, MONTH_LIMIT = 5_000, 50_000
MONTH = re.compile(rf"({YearConverter.regex})-({MonthConverter.regex})")
CHANGE_COLUMNS = ("published_at", "updated_at", "repost__state_since", "repost__ends_at")


@cached_page(parameters=("month",), tags=(POSTS,))
@require_safe
def posts(request: HttpRequest) -> HttpResponse:
    """Serve /sitemap.xml, and /sitemap.xml?month=2026-11 for one file of an index."""
    if month := request.GET.get("month"):
        first, last = _month_bounds(month, Blog.load())
        in_month = _indexable().published(until=last).filter(published_at__gte=first)
        return _xml_response("urlset", _url_elements(in_month[:MONTH_LIMIT]))
    listed = _indexable().published()
    if listed[SINGLE_FILE_LIMIT : SINGLE_FILE_LIMIT + 1].exists():
        return _xml_response("sitemapindex", _sitemap_elements(Blog.load().zone))
    return _xml_response("urlset", _url_elements(listed))


def _indexable() -> PostQuerySet:
    """Posts that search engines may index."""
    return Post.objects.exclude(search_policy=Post.SearchPolicy.NOINDEX)


def _url_elements(posts: PostQuerySet) -> Iterator[str]:
    """Yield the element of each post, from plain columns and without resolving each URL.

    With model instances and `reverse`, a post would take three times as long. The URLs of a month differ only in the
    slug, which needs no XML escaping once it is percent-encoded.
    """
    now = clock.now()
    for slug, zone, *moments in posts.values_list("slug", "blog__time_zone", *CHANGE_COLUMNS):
        day = moments[0].astimezone(ZoneInfo(zone))
        path = path_to("post", day.year, day.month, "-").replace("/-/", f"/{quote(slug)}/")
        last_modified = latest_change(*moments, now=now)
        yield f"<url><loc>{settings.SITE_URL}{path}</loc><lastmod>{last_modified:%Y-%m-%d}</lastmod></url>"


def _sitemap_elements(zone: ZoneInfo) -> Iterator[str]:
    """Yield the element of each month that has posts, newest first.

    There is one query for each month, however many posts it has.
    """
    page, until = f"{settings.SITE_URL}{reverse('sitemap')}", clock.now()
    while moment := _indexable().published(until=until).values_list("published_at", flat=True).first():
        day = moment.astimezone(zone)
        yield f"<sitemap><loc>{page}?month={day:%Y-%m}</loc></sitemap>"
        first, _end = period_bounds(day.year, day.month, zone)
        until = first - datetime.resolution


def _month_bounds(month: str, blog: Blog) -> tuple[datetime, datetime]:
    """Return the first and the last moment of a month like "2026-11". Raises Http404 if it is not a month."""
    if not (match := MONTH.fullmatch(month)):
        raise Http404
    first, end = period_bounds(int(match[1]), int(match[2]), blog.zone)
    return first, end - datetime.resolution


def _xml_response(root: str, entries: Iterable[str]) -> HttpResponse:
    text = "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
            *entries,
            f"</{root}>\n",
        )
    )
    response = HttpResponse(text, content_type="application/xml")
    response["Cache-Control"] = public_cache_control(200)
    response["X-Robots-Tag"] = "noindex, noodp, noarchive"
    return response

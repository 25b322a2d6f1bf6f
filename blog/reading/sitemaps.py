"""What search engines may visit: one file, or where there are many posts an index of one file for each month."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import DateTimeField, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.models import Blog, Post, PostQuerySet
from blog.models.posts import last_change_of
from blog.page_tags import POSTS
from blog.reading.url_converters import MonthConverter, YearConverter
from blog.reading.views import span_of
from core import clock
from core.compiled_queries import Given, Prepared
from core.page_cache import cached_page, public_cache_control
from core.urls import path_to

# Posts in one file: it is made in 0.2 s. The protocol allows 50,000, which is the most of a month here.
MANY, MOST = 5_000, 50_000
MONTH = re.compile(rf"({YearConverter.regex})-({MonthConverter.regex})")
CHANGES = ("published_at", "updated_at", "repost__state_since", "repost__ends_at")


@cached_page(parameters=("month",), tags=(POSTS,))
@require_safe
def posts(request: HttpRequest) -> HttpResponse:
    """/sitemap.xml, and /sitemap.xml?month=2026-11 for one file of an index."""
    if month := request.GET.get("month"):
        first, end = _span(month, Blog.load())
        inside = _listed().published(until=end).filter(published_at__gte=first)
        return _answer("urlset", _addresses(inside[:MOST]))
    listed = _listed().published()
    if listed[MANY : MANY + 1].exists():
        return _answer("sitemapindex", _months(Blog.load().zone))
    return _answer("urlset", _addresses(listed))


def _listed() -> PostQuerySet:
    """Posts that their host wants found."""
    return Post.objects.exclude(search_policy=Post.SearchPolicy.NOINDEX)


def _addresses(posts: PostQuerySet) -> Iterator[str]:
    """From bare columns, and without asking the map of the site for each: with both, a post takes three times as long.

    Only the slug tells the posts of a month apart. What it holds has no meaning in XML, once it is quoted.
    """
    now = clock.now()
    for slug, zone, *moments in posts.values_list("slug", "blog__time_zone", *CHANGES):
        day = moments[0].astimezone(ZoneInfo(zone))
        path = path_to("post", day.year, day.month, "-").replace("/-/", f"/{quote(slug)}/")
        changed = last_change_of(*moments, now=now)
        yield f"<url><loc>{settings.SITE_URL}{path}</loc><lastmod>{changed:%Y-%m-%d}</lastmod></url>"


def _months(zone: ZoneInfo) -> Iterator[str]:
    """The months that have posts, from the latest back: each look skips a whole month, however many posts it has."""
    page, until = f"{settings.SITE_URL}{reverse('sitemap')}", clock.now()
    while (latest := _LATEST(until=until)) and (moment := latest[0][0]):
        day = moment.astimezone(zone)
        yield f"<sitemap><loc>{page}?month={day:%Y-%m}</loc></sitemap>"
        first, _end = span_of(day.year, day.month, zone)
        until = first - datetime.resolution


def _latest() -> QuerySet[Post, tuple[datetime | None]]:
    """When the last post was published, as far as posts were `until` a moment that has come."""
    return _listed().published(now=Given("until", DateTimeField())).values_list("published_at")[:1]


_LATEST = Prepared(_latest)


def _span(month: str, blog: Blog) -> tuple[datetime, datetime]:
    """The first and the last moment of a month as an address has it. Raises Http404 where it is none."""
    if not (found := MONTH.fullmatch(month)):
        raise Http404
    first, end = span_of(int(found[1]), int(found[2]), blog.zone)
    return first, end - datetime.resolution


def _answer(root: str, entries: Iterable[str]) -> HttpResponse:
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

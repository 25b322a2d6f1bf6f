"""What search engines may visit: one file, or where there are many posts an index of one file for each month."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.converters import MonthConverter, YearConverter
from blog.models import Blog, Post, PostQuerySet
from blog.page_cache import POSTS, depends_on
from blog.pages import public_cache_control
from blog.views import span_of

# Posts in one file: it is made in half a second. The protocol allows 50,000, which is the most of a month here.
MANY, MOST = 5_000, 50_000
MONTH = re.compile(rf"({YearConverter.regex})-({MonthConverter.regex})")
SHOWN = ("blog", "slug", "published_at", "updated_at", "created_at")
OF_REPOST = ("repost__post", "repost__state_since", "repost__ends_at")


@require_safe
def posts(request: HttpRequest) -> HttpResponse:
    """/sitemap.xml, and /sitemap.xml?month=2026-11 for one file of an index."""
    depends_on(request, POSTS)
    if month := request.GET.get("month"):
        first, end = _span(month, Blog.load())
        inside = _listed().published(until=end).filter(published_at__gte=first)
        return _answer("urlset", _addresses(inside[:MOST]))
    listed = _listed().published()
    if listed[MANY : MANY + 1].exists():
        return _answer("sitemapindex", _months(listed[0]))
    return _answer("urlset", _addresses(listed))


def _listed() -> PostQuerySet:
    """Posts that their host wants found, with the columns that are shown here."""
    found = Post.objects.exclude(search_policy=Post.SearchPolicy.NOINDEX)
    return found.select_related("blog", "repost").only(*SHOWN, *OF_REPOST, "blog__time_zone")


def _addresses(posts: Iterable[Post]) -> Iterator[str]:
    for post in posts:
        yield f"<url><loc>{escape(post.permalink)}</loc><lastmod>{post.last_change:%Y-%m-%d}</lastmod></url>"


def _months(latest: Post) -> Iterator[str]:
    """The months that have posts, from the latest back: each look skips a whole month, however many posts it has."""
    page = f"{settings.SITE_URL}{reverse('sitemap')}"
    post: Post | None = latest
    while post and post.published_at:
        day = post.published_at.astimezone(post.blog.zone)
        yield f"<sitemap><loc>{page}?month={day:%Y-%m}</loc></sitemap>"
        first, _end = span_of(day.year, day.month, post.blog.zone)
        post = _listed().published(until=first - datetime.resolution).first()


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

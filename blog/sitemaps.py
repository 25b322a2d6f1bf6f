"""What search engines may visit."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from blog.models import Post, PostQuerySet
from blog.page_cache import POSTS, depends_on
from blog.pages import public_cache_control


class PostSitemap(Sitemap[Post]):
    """Public posts that their host wants found."""

    limit = 50_000  # the most that one sitemap may hold

    def items(self) -> PostQuerySet:
        return Post.objects.published().exclude(search_policy=Post.SearchPolicy.NOINDEX).for_list()

    def location(self, item: Post) -> str:
        return item.get_absolute_url()

    def lastmod(self, item: Post) -> datetime:
        return item.last_change

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc  # whatever host was asked for

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme


@require_safe
def posts(request: HttpRequest) -> HttpResponse:
    """/sitemap.xml"""
    depends_on(request, POSTS)
    response = sitemap(request, sitemaps={"posts": PostSitemap}).render()
    del response["Last-Modified"]  # without it no browser guesses how long the page may be kept
    response["Cache-Control"] = public_cache_control(response.status_code)
    return response

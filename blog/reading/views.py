"""Public pages. What these views return depends only on the URL and on what is published."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from blog.models import Blog, Person, Post, PostQuerySet, Tag
from blog.page_tags import POSTS, article_tag, tags_of
from blog.permissions import terms
from blog.reading.pages import public_page
from blog.reading.post_page import load_post
from blog.reading.search import TooManySearches, newest_matches
from core.form_recovery import long_texts
from core.page_cache import FragmentVersions, cached_page, depends_on, public_cache_control

FRAGMENT_SECONDS = 86_400  # a change gives a fragment another version, so this only bounds how long unused ones stay


@cached_page(parameters=("before",), tags=(POSTS,))
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The latest posts."""
    return list_page(request, Post.objects.all())


@cached_page(parameters=("before",), tags=(POSTS,))
@require_safe
def archive(request: HttpRequest, year: int, month: int | None = None) -> HttpResponse:
    """The posts of a year or a month, in the time zone of the blog."""
    blog = Blog.load()
    first, end = period_bounds(year, month, blog.zone)
    posts = Post.objects.filter(published_at__gte=first)
    with override(blog.language):
        heading = date_format(first, "YEAR_MONTH_FORMAT") if month else str(year)
    return list_page(request, posts, until=end - timedelta.resolution, heading=heading)


@cached_page(parameters=("before",), tags=(POSTS,))
@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """The posts with one tag."""
    found = get_object_or_404(Tag.objects.public(), slug=slug)
    return list_page(
        request,
        Post.objects.tagged(found),
        heading=found.name,
        feed_url=reverse("feed-tag", args=[slug]),
    )


@cached_page(parameters=("before",), tags=(POSTS,))
@require_safe
def person(request: HttpRequest, slug: str) -> HttpResponse:
    """The posts of a person: those they wrote as host, and reposts of their words that may be shown."""
    found = get_object_or_404(Person.objects.public(), slug=slug)
    return list_page(request, Post.objects.written_by(found), heading=found.name, person=found)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The posts that contain every word of the query."""
    blog, query = Blog.load(), request.GET.get("q", "").strip()[:200]
    try:
        posts = newest_matches(query, settings.POSTS_PER_PAGE * 3)
    except TooManySearches:
        response = _error_page(
            request, 503, _("Too many people are searching right now"), _("Please try again in a moment.")
        )
        response["Retry-After"] = "5"
        return response
    response = public_page("blog/search.html", {"query": query, "posts": posts}, blog=blog)
    response["X-Robots-Tag"] = "noindex"
    return response


@cached_page(parameters=("after",))
@require_safe
def post(request: HttpRequest, year: int, month: int, slug: str) -> HttpResponse:
    """One post, its tombstone if it was withdrawn, or a redirect if it has another URL now."""
    versions = FragmentVersions(request)
    found = load_post(slug)
    if found is None or not (found.is_public or found.is_gone):
        return _redirect_from_old_slug(slug)
    if request.path != unquote(found.get_absolute_url()):  # a request's path is decoded, a URL is not
        return _redirect_to(found)
    if found.is_gone:
        return public_page("blog/post_gone.html", {"post": found}, blog=found.blog, status=410)
    depends_on(request, *tags_of([found]))
    context = {**page_context(found), **fragments_of(found, versions), "comments_after": request.GET.get("after")}
    response = public_page("blog/post_detail.html", context, blog=found.blog)
    if found.search_policy == Post.SearchPolicy.NOINDEX:
        response["X-Robots-Tag"] = "noindex"
    terms.set_no_training_headers(response, [found])
    return response


def page_context(post: Post) -> dict[str, Any]:
    """The context of `blog/post_detail.html`. Credits, videos and tags are functions: cached fragments need none."""
    return {
        "post": post,
        "passage": post.passage,
        "words_html": post.passage.public_html if post.passage else "",
        "credits": lambda: list(post.credits.all()),
        "videos": lambda: list(post.videos.all()),
        "tags": lambda: list(post.tags.all()),
        "canonical": post.permalink,
        "preview": False,
        "fragment_seconds": 0,
    }


def fragments_of(post: Post, versions: FragmentVersions) -> dict[str, Any]:
    """How long the fragments of a post's page may be cached, and in which version."""
    (post_tag,) = tags_of([post])
    head, article = versions.of(post_tag), versions.of(article_tag(post))
    is_known = head is not None and article is not None
    return {
        "head_version": head,
        "article_version": article,
        "fragment_seconds": FRAGMENT_SECONDS if is_known else 0,
    }


@permission_required("blog.change_post")
@require_safe
def edit(request: HttpRequest, year: int, month: int, slug: str) -> HttpResponse:
    """Redirect from a post to its form in the admin."""
    found = get_object_or_404(Post, slug=slug)
    return HttpResponseRedirect(reverse("admin:blog_post_change", args=[found.pk]))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Serve /robots.txt. Crawlers may read everything public except forms and the admin."""
    forms = ("/admin/", "/comments/new/", "/comments/subscribe/", "/comments/yours/", "/search/")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in forms), ""]
    lines.append(f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}")
    response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = public_cache_control(200)
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page(request, 404, _("Page not found"), _("It may have moved. Try the search."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page(request, 403, _("You may not do this"), _("Sign in with an account that has the permission."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return _error_page(
            request, 400, _("You sent too much at once"), _("Go back and send less text or smaller files.")
        )
    return _error_page(request, 400, _("This request could not be understood"), _("Go back and try again."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Show the visitor the texts they sent. The page does not use the database, which may be what failed."""
    response = render(request, "500.html", {"texts": long_texts(request)}, status=500)
    response["Cache-Control"] = "no-store"
    return response


def _error_page(request: HttpRequest, status: int, title: Promise, text: Promise) -> HttpResponse:
    return public_page("blog/error.html", {"title": title, "text": text}, blog=Blog.load(), status=status)


def list_page(
    request: HttpRequest,
    posts: PostQuerySet,
    *,
    until: datetime | None = None,
    template: str = "blog/post_list.html",
    **context: Any,
) -> HttpResponse:
    """Return one page of the public posts among `posts`, newest first, up to the moment `until`.

    With `?before=<id of a post>`, the page begins after that post.
    """
    if cursor := request.GET.get("before"):
        last = _post_at_cursor(cursor)
        until = min(moment for moment in (until, last.published_at) if moment)
        posts = posts.older_than(last)
    posts = posts.published(until=until)
    found = list(posts.for_list()[: settings.POSTS_PER_PAGE + 1])
    page = found[: settings.POSTS_PER_PAGE]
    depends_on(request, *tags_of(page))
    blog = page[0].blog if page else Blog.load()
    context = {
        "posts": page,
        "older_url": f"{request.path}?before={page[-1].pk}" if len(found) > len(page) else "",
        "canonical": f"{blog.base_url}{request.path}" + (f"?before={cursor}" if cursor else ""),
        "feed_url": reverse("feed-posts"),
        **context,
    }
    return public_page(template, context, blog=blog)


def _post_at_cursor(value: str) -> Post:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
    return get_object_or_404(Post.objects.ever_public().only("published_at"), pk=number)


def period_bounds(year: int, month: int | None, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first moment of a year or month, and that of the next. Raises Http404 for the year 9999."""
    first = datetime(year, month or 1, 1, tzinfo=zone)
    if year == datetime.max.year:
        raise Http404
    if month is None or month == 12:
        return first, datetime(year + 1, 1, 1, tzinfo=zone)
    return first, datetime(year, month + 1, 1, tzinfo=zone)


def _redirect_from_old_slug(slug: str) -> HttpResponse:
    """Redirect to the public post that once had this slug. Raises Http404 if there is none."""
    found = get_object_or_404(Post.objects.select_related("blog"), old_slugs__slug=slug)
    if not (found.is_public or found.is_gone):
        raise Http404
    return _redirect_to(found)


def _redirect_to(post: Post) -> HttpResponse:
    """Redirect to the current URL of a post.

    Without Cache-Control, browsers store a 301 indefinitely, but a post may get its old slug back.
    """
    response = HttpResponsePermanentRedirect(post.get_absolute_url())
    response["Cache-Control"] = public_cache_control(response.status_code)
    return response

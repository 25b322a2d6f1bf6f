"""Atom feeds of comments in the order of publication. Each entry says what it replies to (RFC 4685).

Feeds hold only what readers see now: a removed comment is absent, and the URLs of the others do not change.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

from blog.models import Blog, Post
from blog.page_tags import POSTS, tags_of
from blog.reading.feeds import absolute_urls, entry_id, strip_unprintable
from comments.cache_triggers import COMMENTS
from comments.models import Comment, CommentQuerySet, Discussion
from comments.threads import ids
from core.page_cache import cached_page, depends_on, public_cache_control

ENTRIES = 50
THREADING_NAMESPACE = "http://purl.org/syndication/thread/1.0"
ATOM = "application/atom+xml"


@cached_page(tags=(COMMENTS, POSTS))
@require_safe
def latest(request: HttpRequest) -> HttpResponse:
    """The latest comments on all posts."""
    # No join: the planner would begin with the discussions and sort all their comments.
    discussions = Discussion.objects.select_related("post__blog__owner")
    comments = _latest(Comment.objects.all().prefetch_related(Prefetch("discussion", discussions)))
    blog = comments[0].discussion.post.blog if comments else Blog.load()
    with translation.override(blog.language), timezone.override(blog.zone):
        title = _("Comments on %(title)s") % {"title": blog.title}
        return _feed(request, blog, comments, title=title, link=f"{blog.base_url}/")


@cached_page()
@require_safe
def of_post(request: HttpRequest, year: int, month: int, slug: str) -> HttpResponse:
    """The latest comments on one post, or a redirect if the post has another URL now."""
    posts = Post.objects.published().select_related("blog__owner", "discussion")
    post = posts.filter(Q(slug=slug) | Q(old_slugs__slug=slug)).first()
    if post is None or not post.discussion.is_visible:
        raise Http404
    path = comment_feed_path(post)
    if request.path != unquote(path):
        return _redirect(path)
    depends_on(request, *tags_of([post]))
    comments = _latest(post.discussion.comments.all())
    with translation.override(post.blog.language), timezone.override(post.blog.zone):
        title = _("Comments on %(title)s") % {"title": post.title}
        return _feed(request, post.blog, comments, title=title, link=post.permalink)


def comment_feed_path(post: Post) -> str:
    return f"{post.get_absolute_url()}comments.atom"


class CommentFeed(Atom1Feed):
    """Atom with the element that says what an entry replies to."""

    def root_attributes(self) -> dict[str, Any]:
        return {**super().root_attributes(), "xmlns:thr": THREADING_NAMESPACE}

    def latest_post_date(self) -> datetime:
        """The last change, or a fixed day without entries: a page depends on nothing but what is published."""
        return max((item["updateddate"] for item in self.items), default=datetime(2026, 1, 1, tzinfo=UTC))

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})
        handler.addQuickElement("thr:in-reply-to", "", item["in_reply_to"])


def _latest(comments: CommentQuerySet) -> list[Comment]:
    newest = comments.public().counted().order_by("-published_at", "-pk")
    return list(newest.defer("source", "email", "submission_key", "network_key")[:ENTRIES])


def _feed(request: HttpRequest, blog: Blog, comments: list[Comment], *, title: str, link: str) -> HttpResponse:
    feed = CommentFeed(
        title=strip_unprintable(title),
        link=link,
        description=None,
        language=blog.language,
        feed_url=f"{blog.base_url}{request.path}",
        feed_guid=f"{blog.base_url}{request.path}",
    )
    for comment in comments:
        feed.add_item(**{name: strip_unprintable(value) for name, value in _entry(comment).items()})
    response = HttpResponse(feed.writeString("utf-8"), content_type=f"{ATOM}; charset=utf-8")
    response["Cache-Control"] = public_cache_control(200)
    return response


def _entry(comment: Comment) -> dict[str, Any]:
    post = comment.discussion.post
    return {
        "title": _("%(name)s on %(title)s") % {"name": comment.name, "title": post.title},
        "link": f"{post.blog.base_url}{comment.get_absolute_url()}",
        "description": None,
        "unique_id": _tag_uri(comment.pk),
        "content": absolute_urls(comment.html, post.blog.base_url),
        "author_name": comment.name,
        "author_link": comment.url or None,
        "pubdate": comment.published_at,
        "updateddate": comment.edited_at or comment.published_at,
        "in_reply_to": _in_reply_to(comment, post),
    }


def _in_reply_to(comment: Comment, post: Post) -> dict[str, str]:
    """Return the attributes of `thr:in-reply-to`: for the comment that it replies to, or else for the post."""
    target = comment.reply_to_id or comment.parent_id
    path = reverse("comment", args=[target]) if target else post.get_absolute_url()
    ref = _tag_uri(target) if target else entry_id(post)
    return {"ref": ref, "href": f"{post.blog.base_url}{path}", "type": "text/html"}


def _tag_uri(pk: int) -> str:
    """Return the permanent id of an entry. The pk tells the day, so a reply needs no query for its parent."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{ids.creation_time(pk):%Y-%m-%d}:comment/{ids.encode(pk)}"


def _redirect(path: str) -> HttpResponse:
    response = HttpResponsePermanentRedirect(path)
    response["Cache-Control"] = public_cache_control(response.status_code)
    return response

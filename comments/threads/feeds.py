"""Feeds of comments in Atom, in the order of publication, each entry saying what it answers (RFC 4685).

Only what readers see now: a removed comment is absent, and the addresses of what is left stay what they were.
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
THREADING = "http://purl.org/syndication/thread/1.0"
ATOM = "application/atom+xml"


@cached_page(tags=(COMMENTS, POSTS))
@require_safe
def latest(request: HttpRequest) -> HttpResponse:
    """The latest comments on all posts."""
    # Not joined: the planner would begin with the discussions, and sort all their comments.
    discussions = Discussion.objects.select_related("post__blog__owner")
    comments = _latest(Comment.objects.all().prefetch_related(Prefetch("discussion", discussions)))
    blog = comments[0].discussion.post.blog if comments else Blog.load()
    with translation.override(blog.language), timezone.override(blog.zone):
        title = _("Comments on %(title)s") % {"title": blog.title}
        return _feed(request, blog, comments, title=title, link=f"{blog.base_url}/")


@cached_page()
@require_safe
def of_post(request: HttpRequest, year: int, month: int, slug: str) -> HttpResponse:
    """The latest comments on one post; the way to them where the post has another address now."""
    posts = Post.objects.published().select_related("blog__owner", "discussion")
    post = posts.filter(Q(slug=slug) | Q(old_slugs__slug=slug)).first()
    if post is None or not post.discussion.is_visible:
        raise Http404
    address = comments_address(post)
    if request.path != unquote(address):
        return _lead_to(address)
    depends_on(request, *tags_of([post]))
    comments = _latest(post.discussion.comments.all())
    with translation.override(post.blog.language), timezone.override(post.blog.zone):
        title = _("Comments on %(title)s") % {"title": post.title}
        return _feed(request, post.blog, comments, title=title, link=post.permalink)


def comments_address(post: Post) -> str:
    """Of the feed of a post's comments."""
    return f"{post.get_absolute_url()}comments.atom"


class CommentFeed(Atom1Feed):
    """Atom with the element that says what an entry answers."""

    def root_attributes(self) -> dict[str, Any]:
        return {**super().root_attributes(), "xmlns:thr": THREADING}

    def latest_post_date(self) -> datetime:
        """The last change; without entries a fixed day, since a page depends on nothing but what is published."""
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
        "unique_id": _comment_id(comment.pk),
        "content": absolute_urls(comment.html, post.blog.base_url),
        "author_name": comment.name,
        "author_link": comment.url or None,
        "pubdate": comment.published_at,
        "updateddate": comment.edited_at or comment.published_at,
        "in_reply_to": _answered(comment, post),
    }


def _answered(comment: Comment, post: Post) -> dict[str, str]:
    """The attributes of `thr:in-reply-to`: the comment that is answered, else the post."""
    number = comment.reply_to_id or comment.parent_id
    address = reverse("comment", args=[number]) if number else post.get_absolute_url()
    ref = _comment_id(number) if number else entry_id(post)
    return {"ref": ref, "href": f"{post.blog.base_url}{address}", "type": "text/html"}


def _comment_id(number: int) -> str:
    """A tag URI. The number tells the day of the comment, so none has to be read for what answers it."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{ids.moment(number):%Y-%m-%d}:comment/{ids.encode(number)}"


def _lead_to(address: str) -> HttpResponse:
    response = HttpResponsePermanentRedirect(address)
    response["Cache-Control"] = public_cache_control(response.status_code)
    return response

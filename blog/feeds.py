"""Atom feeds. The host is the author of an entry, whoever wrote the reposted words is a contributor.

Readers strip attributes and styles, so whose words are whose stands in the text itself.
"""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

from blog import credits
from blog.models import Blog, Post
from blog.pages import public_cache_control

ENTRIES = 20
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@require_safe
def posts(request: HttpRequest) -> HttpResponse:
    """The latest posts."""
    return _feed(request, list(Post.objects.published().for_feed()[:ENTRIES]))


@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """The latest posts under one tag."""
    tagged = Post.objects.published().annotate(tag_slug=F("tags__slug"), tag_name=F("tags__name")).filter(tag_slug=slug)
    entries = list(tagged.for_feed()[:ENTRIES])
    if not entries:  # a tag that only drafts have is nobody else's business
        raise Http404
    return _feed(request, entries, subject=vars(entries[0])["tag_name"])


class RepostFeed(Atom1Feed):
    """Atom with the elements that a repost needs: contributors, where the words come from, whose rights are whose."""

    def latest_post_date(self) -> datetime:
        """The last change; without entries a fixed day, since a page depends on nothing but what is published."""
        return max((item["updateddate"] for item in self.items), default=datetime(2026, 1, 1, tzinfo=UTC))

    def item_attributes(self, item: dict[str, Any]) -> dict[str, Any]:
        return {"xml:lang": item["language"]}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})
        for name, home in item["contributors"]:
            handler.startElement("contributor", AttributesImpl({}))
            handler.addQuickElement("name", name)
            if home:
                handler.addQuickElement("uri", home)
            handler.endElement("contributor")
        if item["source_url"]:
            handler.addQuickElement("link", "", {"rel": "via", "href": item["source_url"]})


def _feed(request: HttpRequest, entries: list[Post], *, subject: str = "") -> HttpResponse:
    blog = entries[0].blog if entries else Blog.load()
    with translation.override(blog.language), timezone.override(blog.zone):
        feed = RepostFeed(
            title=f"{blog.title}: {subject}" if subject else blog.title,
            link=f"{blog.address}/",
            description=blog.tagline,
            subtitle=blog.tagline,
            language=blog.language,
            author_name=blog.owner.name if blog.owner else None,
            feed_url=f"{blog.address}{request.path}",
            feed_guid=f"{blog.address}{request.path}",
        )
        for post in entries:
            feed.add_item(**{name: _printable(value) for name, value in _entry(post).items()})
        response = HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    response["Cache-Control"] = public_cache_control(200)
    return response


def _entry(post: Post) -> dict[str, Any]:
    passage = post.passage if post.passage and post.passage.is_in_force else None
    people = [credit.person for credit in post.credits.all()] if passage else []
    return {
        "title": post.title,
        "link": post.permalink,
        "unique_id": _entry_id(post),
        "description": post.description,
        "content": content_html(post),
        "author_name": post.author.name,
        "author_link": post.author.home or f"{post.blog.address}{reverse('person', args=[post.author.slug])}",
        "pubdate": post.published_at,
        "updateddate": post.last_change,
        "language": post.language,
        "contributors": [(person.name, person.home) for person in people],
        "source_url": passage.source_url if passage else "",
        "item_copyright": _rights(post),
    }


def content_html(post: Post) -> str:
    """A post's whole text for readers elsewhere: the credit is part of the text, videos are links."""
    context = {
        "post": post,
        "passage": post.passage,
        "credits": list(post.credits.all()),
        "videos": list(post.videos.all()),
        "blog": post.blog,
    }
    return _absolute(render_to_string("blog/feed_entry.html", context), post.blog.address)


def _printable(value: Any) -> Any:
    """A text without the characters that XML cannot hold at all; anything else as it is."""
    return UNPRINTABLE.sub("", value) if isinstance(value, str) else value


def _absolute(html: str, address: str) -> str:
    """Addresses on our own site made whole. Only the sanitiser and our templates wrote these attributes."""
    return html.replace('src="/', f'src="{address}/').replace('href="/', f'href="{address}/')


def _entry_id(post: Post) -> str:
    """A tag URI: it stays when slug, date or title change."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{post.created_at:%Y-%m-%d}:post/{post.pk}"


def _rights(post: Post) -> str:
    passage = post.passage
    if not passage or not passage.is_in_force:
        return post.author.name
    sentence = credits.permission_sentence(passage, post.author.name)
    return f"{post.author.name}; {credits.names(post.credits.all())}: {sentence}"

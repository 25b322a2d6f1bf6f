"""Feeds in Atom and JSON. The host is the author of an entry, whoever wrote the reposted words is a contributor.

Readers strip attributes and styles, so whose words are whose stands in the text itself.
"""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

from blog.extension_points import ENTRY_LINKS
from blog.models import Blog, Person, Post, Repost, Tag, Video
from blog.page_tags import POSTS, tags_of
from blog.permissions import attribution, terms
from blog.reading import json_ld, post_page
from blog.videos.placement import shown_videos
from core.page_cache import cached_page, depends_on, public_cache_control
from core.site import override_locale

ENTRIES = 20
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@cached_page(tags=(POSTS,))
@require_safe
def posts(request: HttpRequest) -> HttpResponse:
    """The latest posts."""
    return _feed(request, post_page.for_feed(Post.objects.published()[:ENTRIES]))


@cached_page(tags=(POSTS,))
@require_safe
def posts_json(request: HttpRequest) -> HttpResponse:
    """The latest posts as JSON Feed 1.1."""
    entries = post_page.for_feed(Post.objects.published()[:ENTRIES])
    depends_on(request, *tags_of(entries))
    blog = entries[0].blog if entries else Blog.load()
    with override_locale(blog):
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": blog.title,
            "description": blog.tagline,
            "language": blog.language,
            "home_page_url": f"{blog.base_url}/",
            "feed_url": f"{blog.base_url}{request.path}",
            "authors": [_json_author(blog, blog.owner)] if blog.owner else [],
            "items": [_item(post) for post in entries],
        }
    return _public(JsonResponse(feed, content_type="application/feed+json"), entries)


@cached_page(tags=(POSTS,))
@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """The latest posts under one tag."""
    found = get_object_or_404(Tag.objects.public(), slug=slug)
    entries = post_page.for_feed(Post.objects.tagged(found).published()[:ENTRIES])
    return _feed(request, entries, subject=found.name)


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
        for link in item["links"]:
            handler.addQuickElement("link", "", link)


def _feed(request: HttpRequest, entries: list[Post], *, subject: str = "") -> HttpResponse:
    depends_on(request, *tags_of(entries))
    blog = entries[0].blog if entries else Blog.load()
    with override_locale(blog):
        feed = RepostFeed(
            title=f"{blog.title}: {subject}" if subject else blog.title,
            link=f"{blog.base_url}/",
            description=blog.tagline,
            subtitle=blog.tagline,
            language=blog.language,
            author_name=blog.owner.name if blog.owner else None,
            feed_url=f"{blog.base_url}{request.path}",
            feed_guid=f"{blog.base_url}{request.path}",
        )
        for post in entries:
            feed.add_item(**{name: printable(value) for name, value in _entry(post).items()})
        response = HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    return _public(response, entries)


def _public(response: HttpResponse, entries: list[Post]) -> HttpResponse:
    """Headers of a feed: the strictest wish of any author in it holds for the whole."""
    terms.reserve(response, entries)
    response["Cache-Control"] = public_cache_control(200)
    return response


def _entry(post: Post) -> dict[str, Any]:
    passage = post.passage if post.passage and post.passage.is_in_force else None
    people = attribution.line(passage, list(post.credits.all())) if passage else []
    return {
        "title": post.title,
        "link": post.permalink,
        "unique_id": entry_id(post),
        "description": post.description,
        "content": content_html(post),
        "author_name": post.author.name,
        "author_link": json_ld.person_home(post.blog, post.author),
        "pubdate": post.published_at,
        "updateddate": post.last_change,
        "language": post.language,
        "contributors": [(named.name, urljoin(post.permalink, named.home)) for named in people],
        "links": _links(post),
        "item_copyright": _rights(post),
    }


def _links(post: Post) -> list[dict[str, str]]:
    """The attributes of an entry's links: to where the words come from, and what the floors above add."""
    links = [more(post) for more in ENTRY_LINKS]
    if post.passage and post.passage.is_in_force and post.passage.source_url:
        links.append({"rel": "via", "href": post.passage.source_url})
    links += [_enclosure(post, film) for film in _films(post)]
    return [link for link in links if link]


def _films(post: Post) -> list[Video]:
    """The films of our own that a feed may send along: those of words that stay out of feeds stay out, too."""
    keeps_words = bool(post.passage and post.passage.not_in_feeds)
    return [
        video for video in shown_videos(post) if video.file and not (keeps_words and video.part == Video.Part.REPOST)
    ]


def _enclosure(post: Post, film: Video) -> dict[str, str]:
    link = {"rel": "enclosure", "href": f"{post.blog.base_url}{film.file.url}", "type": film.media_type}
    return link | ({"length": str(film.file_size)} if film.file_size else {}) | {"title": film.name}


def _attachment(post: Post, film: Video) -> dict[str, Any]:
    about = {
        "url": f"{post.blog.base_url}{film.file.url}",
        "mime_type": film.media_type,
        "title": film.name,
        "size_in_bytes": film.file_size,
        "duration_in_seconds": film.duration,
    }
    return {name: value for name, value in about.items() if value}


def _item(post: Post) -> dict[str, Any]:
    """A post as an item of a JSON feed. Readers skip `_imprimatur`; who understands it learns whose words these are."""
    passage = post.passage
    item: dict[str, Any] = {
        "id": entry_id(post),
        "url": post.permalink,
        "title": post.title,
        "content_html": content_html(post),
        "summary": post.description,
        "language": post.language,
        "date_published": post.published_at.isoformat(timespec="seconds") if post.published_at else "",
        "date_modified": post.last_change.isoformat(timespec="seconds"),
        "authors": [_json_author(post.blog, post.author)],
    }
    if post.cover:
        item["image"] = f"{post.blog.base_url}{post.cover.url}"
    if films := _films(post):
        item["attachments"] = [_attachment(post, film) for film in films]
    if passage and passage.is_in_force and passage.source_url:
        item["external_url"] = passage.source_url
    if passage and passage.state != Repost.State.NONE:
        about = f"{post.blog.base_url}{reverse('permissions')}"
        item["_imprimatur"] = {"about": about, "passages": [_passage(post, passage)]}
    return item


def _passage(post: Post, passage: Repost) -> dict[str, Any]:
    """Whose words, and how they stand. Of ended words nothing is left by which they could be told."""
    told: dict[str, Any] = {
        "id": passage.public_id,
        "author": attribution.credited(passage, post.credits.all()),
        "permission": f"{post.blog.base_url}{reverse('permission', args=[passage.public_id])}",
        "state": "expired" if passage.has_expired and passage.state in Repost.STATES_IN_FORCE else passage.state,
    }
    if passage.is_in_force and passage.shown:
        told |= {"url": passage.source_url, "level": passage.level, "fingerprint": passage.shown.strict}
        told |= {"conditions": terms.sentences(passage)}
    return told


def _json_author(blog: Blog, person: Person) -> dict[str, str]:
    return {"name": person.name, "url": json_ld.person_home(blog, person)}


def content_html(post: Post) -> str:
    """A post's whole text for readers elsewhere: the credit is part of the text, videos are links."""
    context = {
        "post": post,
        "passage": post.passage,
        "credits": list(post.credits.all()),
        "videos": list(post.videos.all()),
        "blog": post.blog,
    }
    return absolute(render_to_string("blog/feed_entry.html", context), post.blog.base_url)


def printable(value: Any) -> Any:
    """A text, or several, without the characters that XML cannot hold at all; anything else as it is."""
    if isinstance(value, list | tuple):
        return [printable(part) for part in value]
    return UNPRINTABLE.sub("", value) if isinstance(value, str) else value


def absolute(html: str, address: str) -> str:
    """Addresses on our own site made whole. Only the sanitiser and our templates wrote these attributes."""
    return html.replace('src="/', f'src="{address}/').replace('href="/', f'href="{address}/')


def entry_id(post: Post) -> str:
    """A tag URI: it stays when slug, date or title change."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{post.created_at:%Y-%m-%d}:post/{post.pk}"


def _rights(post: Post) -> str:
    passage = post.passage
    if not passage or not passage.is_in_force:
        return post.author.name
    told = [attribution.permission_sentence(passage, post.author.name), *terms.sentences(passage)]
    return f"{post.author.name}; {attribution.credited(passage, post.credits.all())}: {' '.join(told)}"

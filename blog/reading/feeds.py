"""Atom and JSON feeds. The host is the author of an entry; the author of the reposted text is a contributor.

Feed readers strip attributes and styles, so the text of an entry itself says who wrote which part.
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
from blog.reading import json_ld
from blog.reading.post_page import load_feed_posts
from blog.videos.placement import shown_videos
from core.page_cache import cached_page, depends_on, public_cache_control
from core.site import override_locale

ENTRIES = 20
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@cached_page(tags=(POSTS,))
@require_safe
def posts(request: HttpRequest) -> HttpResponse:
    """The latest posts."""
    return _feed(request, load_feed_posts(Post.objects.published()[:ENTRIES]))


@cached_page(tags=(POSTS,))
@require_safe
def posts_json(request: HttpRequest) -> HttpResponse:
    """The latest posts as JSON Feed 1.1."""
    entries = load_feed_posts(Post.objects.published()[:ENTRIES])
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
            "items": [_json_item(post) for post in entries],
        }
    return _with_headers(JsonResponse(feed, content_type="application/feed+json"), entries)


@cached_page(tags=(POSTS,))
@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """The latest posts under one tag."""
    found = get_object_or_404(Tag.objects.public(), slug=slug)
    entries = load_feed_posts(Post.objects.tagged(found).published()[:ENTRIES])
    return _feed(request, entries, subject=found.name)


class RepostFeed(Atom1Feed):
    """Atom with the elements that a repost needs: contributors, links to the source, and languages."""

    def latest_post_date(self) -> datetime:
        """The last change of any entry.

        An empty feed has a fixed date, because a public page depends on nothing but what is published.
        """
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
            feed.add_item(**{name: strip_unprintable(value) for name, value in _atom_entry(post).items()})
        response = HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    return _with_headers(response, entries)


def _with_headers(response: HttpResponse, entries: list[Post]) -> HttpResponse:
    """Set the headers of a feed. The strictest terms of any author in it apply to the whole feed."""
    terms.set_no_training_headers(response, entries)
    response["Cache-Control"] = public_cache_control(200)
    return response


def _atom_entry(post: Post) -> dict[str, Any]:
    passage = post.passage if post.passage and post.passage.is_in_force else None
    people = attribution.credit_line(passage, list(post.credits.all())) if passage else []
    return {
        "title": post.title,
        "link": post.permalink,
        "unique_id": entry_id(post),
        "description": post.description,
        "content": content_html(post),
        "author_name": post.author.name,
        "author_link": json_ld.person_url(post.blog, post.author),
        "pubdate": post.published_at,
        "updateddate": post.last_change,
        "language": post.language,
        "contributors": [(named.name, urljoin(post.permalink, named.url)) for named in people],
        "links": _links(post),
        "item_copyright": _rights(post),
    }


def _links(post: Post) -> list[dict[str, str]]:
    """The attributes of an entry's links: to the source of a repost, to video files, and those added by other apps."""
    links = [extra(post) for extra in ENTRY_LINKS]
    if post.passage and post.passage.is_in_force and post.passage.source_url:
        links.append({"rel": "via", "href": post.passage.source_url})
    links += [_enclosure(post, video) for video in _enclosed_videos(post)]
    return [link for link in links if link]


def _enclosed_videos(post: Post) -> list[Video]:
    """The uploaded videos that a feed offers as files.

    If the author keeps the reposted text out of feeds, its videos stay out as well.
    """
    hides_repost = bool(post.passage and post.passage.not_in_feeds)
    return [
        video for video in shown_videos(post) if video.file and not (hides_repost and video.part == Video.Part.REPOST)
    ]


def _enclosure(post: Post, video: Video) -> dict[str, str]:
    link = {"rel": "enclosure", "href": f"{post.blog.base_url}{video.file.url}", "type": video.media_type}
    return link | ({"length": str(video.file_size)} if video.file_size else {}) | {"title": video.name}


def _attachment(post: Post, video: Video) -> dict[str, Any]:
    attachment = {
        "url": f"{post.blog.base_url}{video.file.url}",
        "mime_type": video.media_type,
        "title": video.name,
        "size_in_bytes": video.file_size,
        "duration_in_seconds": video.duration,
    }
    return {name: value for name, value in attachment.items() if value}


def _json_item(post: Post) -> dict[str, Any]:
    """A post as an item of a JSON feed. Its extension `_imprimatur` names the author of the reposted text."""
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
    if videos := _enclosed_videos(post):
        item["attachments"] = [_attachment(post, video) for video in videos]
    if passage and passage.is_in_force and passage.source_url:
        item["external_url"] = passage.source_url
    if passage and passage.state != Repost.State.NONE:
        about = f"{post.blog.base_url}{reverse('permissions')}"
        item["_imprimatur"] = {"about": about, "passages": [_json_passage(post, passage)]}
    return item


def _json_passage(post: Post, passage: Repost) -> dict[str, Any]:
    """The author of a repost and the state of its permission.

    Nothing by which the text could be identified is left once its permission has ended.
    """
    data: dict[str, Any] = {
        "id": passage.public_id,
        "author": attribution.byline(passage, post.credits.all()),
        "permission": f"{post.blog.base_url}{reverse('permission', args=[passage.public_id])}",
        "state": "expired" if passage.has_expired and passage.state in Repost.STATES_IN_FORCE else passage.state,
    }
    if passage.is_in_force and passage.shown:
        data |= {"url": passage.source_url, "level": passage.level, "fingerprint": passage.shown.strict}
        data |= {"conditions": terms.sentences(passage)}
    return data


def _json_author(blog: Blog, person: Person) -> dict[str, str]:
    return {"name": person.name, "url": json_ld.person_url(blog, person)}


def content_html(post: Post) -> str:
    """The whole text of a post as HTML for feed readers, with the credit in the text and links in place of players."""
    context = {
        "post": post,
        "passage": post.passage,
        "credits": list(post.credits.all()),
        "videos": list(post.videos.all()),
        "blog": post.blog,
    }
    return absolute_urls(render_to_string("blog/feed_entry.html", context), post.blog.base_url)


def strip_unprintable(value: Any) -> Any:
    """Remove the characters that XML cannot contain from a string or a list of strings; return other values as is."""
    if isinstance(value, list | tuple):
        return [strip_unprintable(part) for part in value]
    return UNPRINTABLE.sub("", value) if isinstance(value, str) else value


def absolute_urls(html: str, base_url: str) -> str:
    """Make the site's own URLs absolute.

    Plain replacement is enough, since only the sanitiser and our own templates write these attributes.
    """
    return html.replace('src="/', f'src="{base_url}/').replace('href="/', f'href="{base_url}/')


def entry_id(post: Post) -> str:
    """A tag URI, which stays the same when slug, date or title change."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{post.created_at:%Y-%m-%d}:post/{post.pk}"


def _rights(post: Post) -> str:
    passage = post.passage
    if not passage or not passage.is_in_force:
        return post.author.name
    sentences = [attribution.permission_sentence(passage, post.author.name), *terms.sentences(passage)]
    return f"{post.author.name}; {attribution.byline(passage, post.credits.all())}: {' '.join(sentences)}"

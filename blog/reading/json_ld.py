"""Structured data of a post for search engines and other machines: one graph of schema.org terms, as JSON-LD.

The host is the author of the posting; the author of the reposted text is the creator of the quotation in it. Like the
page, the graph claims no more than the ledger proves: `creditText` is the sentence that readers see.
"""

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from blog import rendering
from blog.extension_points import POSTING_EXTRAS
from blog.models import Blog, Credit, Person, Post, Repost, Video
from blog.permissions import attribution, terms
from blog.videos.placement import shown_videos
from core.urls import path_to

Node = dict[str, Any]

# Characters that could end the script element or, in old JavaScript engines, the line.
_ESCAPES = {character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}

_SOURCE_TYPES = {
    Video.AiOrigin.GENERATED: "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
    Video.AiOrigin.MODIFIED: "https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource",
}


def as_script(data: Node) -> SafeString:
    """Return `data` as a JSON-LD script element, safe for any text.

    Browsers do not run it, so the Content-Security-Policy for scripts does not apply.
    """
    text = json.dumps(data, ensure_ascii=False)
    for character, escape in _ESCAPES.items():  # faster than `translate`, by 0.3 ms a page
        text = text.replace(character, escape)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308 - escaped above


def post_graph(post: Post) -> Node:
    """Return the graph of a saved post. Makes no query if the post was loaded by `PostQuerySet.for_page`."""
    repost = post.passage if post.passage and (post.passage.is_in_force or post.passage.has_ended) else None
    videos = [video for video in shown_videos(post) if is_complete(video)]
    page = post.permalink  # computed once: for every node again, it was half of the graph's cost
    nodes = [_posting(post, page, repost, videos)]
    if repost:
        nodes.append(_quotation(post, page, repost))
    nodes += [_video(post, page, video) for video in videos]
    return {"@context": "https://schema.org", "@graph": nodes}


def video_with_poster(post: Post) -> Video | None:
    """The video whose poster represents a post without a cover, or None."""
    return None if post.cover else next((video for video in shown_videos(post) if video.poster), None)


def is_complete(video: Video) -> bool:
    """Whether a video can be watched and has what search engines require: title, poster and upload date."""
    can_be_played = video.status == Video.Status.LIVE and bool(video.file or video.reference.player_url)
    return can_be_played and bool(video.title and video.poster and video.uploaded_on)


def passage_id(page: str, repost: Repost) -> str:
    """The URL of the reposted text within its post's page, whose URL is `page`."""
    return f"{page}#words-{repost.public_id}"


def permission_url(repost: Repost) -> str:
    """The URL of the public part of the ledger."""
    return f"{repost.post.blog.base_url}{path_to('permission', repost.public_id)}"


def person_id(blog: Blog, person: Person) -> str:
    """The IRI of a person, the same in every graph."""
    return f"{blog.base_url}{person.get_absolute_url()}#person"


def person_url(blog: Blog, person: Person) -> str:
    """The person's own page on the web, or else their page on this site."""
    return person.homepage or f"{blog.base_url}{person.get_absolute_url()}"


def authors(post: Post) -> list[Person]:
    """The authors of the repost of `post`."""
    return [credit.person for credit in post.credits.all() if credit.role == Credit.Role.AUTHOR]


def display_name(post: Post, person: Person) -> str:
    """The name of `person` in the structured data of `post`.

    A sole author is named by the wording of their credit, if there is one. A wording cannot be divided among several
    authors, so they keep their names.
    """
    wording = post.passage.credit_wording if post.passage and authors(post) == [person] else ""
    return wording or person.name


def _person(post: Post, person: Person) -> Node:
    blog = post.blog
    return _without_empty(
        {
            "@type": "Person",
            "@id": person_id(blog, person),
            "name": display_name(post, person),
            "url": person_url(blog, person),
            "sameAs": f"https://orcid.org/{person.orcid}" if person.orcid else None,
        }
    )


def _posting(post: Post, page: str, repost: Repost | None, videos: list[Video]) -> Node:
    host = {"@id": person_id(post.blog, post.author)}
    parts: list[Node] = [_host_part(page, "introduction", host)] if post.introduction_html else []
    if repost:
        parts.append({"@id": passage_id(page, repost)})
    if post.body_html:
        parts.append(_host_part(page, "commentary", host))
    node: Node = {
        "@type": "BlogPosting",
        "@id": f"{page}#post",
        "headline": post.title,
        "url": page,
        "mainEntityOfPage": page,
        "inLanguage": post.language,
        "datePublished": post.published_at.isoformat(timespec="seconds") if post.published_at else None,
        "dateModified": post.last_change.isoformat(timespec="seconds"),
        "description": post.description,
        "author": _person(post, post.author),
        "image": f"{post.blog.base_url}{post.cover.url}" if post.cover else None,
        "keywords": [tag.name for tag in post.tags.all()],
        "publishingPrinciples": f"{post.blog.base_url}{path_to('permissions')}" if repost else None,
        "hasPart": parts,
        "video": [{"@id": _video_id(page, video)} for video in videos],
    }
    for extra in POSTING_EXTRAS:
        node |= extra(post)
    return _without_empty(node)


def _host_part(page: str, anchor: str, host: Node) -> Node:
    return {"@type": "WebPageElement", "@id": f"{page}#{anchor}", "author": host}


def _quotation(post: Post, page: str, repost: Repost) -> Node:
    """The reposted text; without a permission in force, only that it was here, and who its authors are."""
    people = [_person(post, author) for author in authors(post)]
    node = {
        "@type": "Quotation",
        "@id": passage_id(page, repost),
        "isPartOf": {"@id": f"{page}#post"},
        "creator": people,
        "author": people,
        "inLanguage": repost.language,
        "usageInfo": permission_url(repost),
        "creativeWorkStatus": "Active" if repost.is_in_force else "Withdrawn",
    }
    if repost.is_in_force:
        node |= _quotation_details(post, repost, people)
    return _without_empty(node)


def _quotation_details(post: Post, repost: Repost, people: list[Node]) -> Node:
    return {
        "text": None if post.hides_snippet else rendering.plain_text(repost.public_html),
        "copyrightHolder": people if repost.basis != Repost.Basis.PUBLIC_DOMAIN else None,
        "creditText": attribution.credit_text(repost, list(post.credits.all()), post.author.name),
        "conditionsOfAccess": " ".join(terms.sentences(repost)),
        "license": repost.licence_url if repost.basis == Repost.Basis.LICENCE else None,
        "isBasedOn": original_work(repost),
    }


def original_work(repost: Repost) -> Node:
    """The work that the reposted text comes from. It has a URL only if it is on the web."""
    return _without_empty(
        {
            "@type": "CreativeWork",
            "name": repost.source_title or repost.get_medium_display(),
            "url": repost.source_url,
            "datePublished": repost.source_date.isoformat() if repost.source_date else None,
        }
    )


def _video(post: Post, page: str, video: Video) -> Node:
    hides_transcript = video.part == Video.Part.REPOST and post.hides_snippet  # also the author's words
    return _without_empty(
        {
            "@type": "VideoObject",
            "@id": _video_id(page, video),
            "name": video.title,
            "description": video.poster_alt or video.title,
            "thumbnailUrl": f"{post.blog.base_url}{video.poster.url}",
            "uploadDate": video.uploaded_on.isoformat() if video.uploaded_on else None,
            **_video_urls(post, video),
            "duration": _iso_duration(video.duration or 0),
            "creator": _creator(video),
            "license": _licence(video),
            "transcript": None if hides_transcript else video.transcript,
            "digitalSourceType": _SOURCE_TYPES.get(Video.AiOrigin(video.ai_origin)),
        }
    )


def _video_urls(post: Post, video: Video) -> Node:
    if video.file:
        return {"contentUrl": f"{post.blog.base_url}{video.file.url}", "encodingFormat": video.media_type}
    reference = video.reference
    return {"contentUrl" if reference.is_file else "embedUrl": reference.player_url, "url": reference.watch_url}


def _iso_duration(seconds: int) -> str | None:
    """Format a duration as ISO 8601, e.g. PT12M4S. None if it is unknown."""
    minutes, seconds_left = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds_left, "S"))
    return "PT" + "".join(f"{number}{unit}" for number, unit in parts if number) if seconds else None


def _creator(video: Video) -> Node | None:
    creator = {"@type": "Person", "name": video.creator, "url": video.creator_url}
    return _without_empty(creator) if video.creator else None


def _licence(video: Video) -> str | Node | None:
    if video.licence_url or not video.licence_name:
        return video.licence_url
    return {"@type": "CreativeWork", "name": video.licence_name}


def _video_id(page: str, video: Video) -> str:
    return f"{page}#video-{video.pk}"


def _without_empty(node: Node) -> Node:
    """Remove empty properties from a node: an absent property means "unknown", an empty one "none"."""
    return {name: value for name, value in node.items() if value not in (None, "", [])}

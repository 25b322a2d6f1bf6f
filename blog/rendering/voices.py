"""Who may say what: the host in posts, the guest in reposts, readers in comments."""

from dataclasses import dataclass
from typing import Any

from blog.rendering import markdown, sanitise, tokens
from blog.videos.references import Reference


@dataclass(frozen=True, kw_only=True)
class Voice:
    parser: markdown.Parser
    allowed: sanitise.AllowList
    rel: str
    trusted: bool  # may show pictures and videos, and its links within the site are unmarked
    demotion: int = 0  # levels that its headings are pushed down


HOST = Voice(parser=markdown.article_parser(), allowed=sanitise.POST, rel="noopener", trusted=True, demotion=1)
GUEST = Voice(parser=markdown.article_parser(), allowed=sanitise.REPOST, rel="noopener", trusted=True, demotion=2)
READER = Voice(parser=markdown.comment_parser(), allowed=sanitise.COMMENT, rel="nofollow ugc noopener", trusted=False)


def render_post(source: str, *, id_prefix: str) -> str:
    """The host's Markdown as safe HTML whose ids begin with `id_prefix`. Headings start at h2."""
    return _render(source, HOST, id_prefix)


def render_repost(source: str, *, id_prefix: str) -> str:
    """A guest's Markdown as safe HTML whose ids begin with `id_prefix`. Headings start at h3, below the host's."""
    return _render(source, GUEST, id_prefix)


def render_comment(source: str) -> str:
    """A reader's text as safe HTML without ids: emphasis, links, code, quotes and lists; all else as it was typed.

    A picture becomes a link with its description. Marks that turn the direction of text around are dropped.
    """
    source = markdown.readable(markdown.without_direction_marks(source))
    return markdown.paragraphs(source) if markdown.is_mere_words(source) else _render(source, READER, "")


def videos_in(source: str) -> list[Reference]:
    """The videos for which a host's or a guest's Markdown has places, in order, each once."""
    return tokens.videos(HOST.parser.parse(markdown.readable(source), {}))


def _render(source: str, voice: Voice, id_prefix: str) -> str:
    env: dict[str, Any] = {"id_prefix": id_prefix}
    parsed = voice.parser.parse(markdown.readable(source), env)
    tokens.demote_headings(parsed, by=voice.demotion)
    tokens.anchor_headings(parsed, id_prefix=id_prefix)
    tokens.mark_tables(parsed)
    tokens.mark_deletions(parsed)
    tokens.settle_pictures(parsed, shown=voice.trusted)
    tokens.mark_links(parsed, rel=voice.rel, also_own=not voice.trusted)
    places = tokens.take_out_videos(parsed) if voice.trusted else {}
    html = sanitise.clean(voice.parser.renderer.render(parsed, voice.parser.options, env), voice.allowed)
    for mark, place in places.items():
        html = html.replace(mark, place)
    return html.strip()

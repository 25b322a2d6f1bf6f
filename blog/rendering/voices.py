"""The three voices of the site, and the markup that each may use.

They are the host (in posts), the guest (the reposted author) and the reader (in comments).
"""

from dataclasses import dataclass
from typing import Any

from blog.rendering import markdown, sanitise, tokens
from blog.videos.references import Reference


@dataclass(frozen=True, kw_only=True)
class Voice:
    parser: markdown.Parser
    allowed: sanitise.AllowList
    rel: str
    is_trusted: bool  # may show pictures and videos, and its links within the site get no `rel`
    heading_offset: int = 0  # levels by which headings are lowered


HOST = Voice(parser=markdown.article_parser(), allowed=sanitise.POST, rel="noopener", is_trusted=True, heading_offset=1)
GUEST = Voice(
    parser=markdown.article_parser(), allowed=sanitise.REPOST, rel="noopener", is_trusted=True, heading_offset=2
)
READER = Voice(
    parser=markdown.comment_parser(), allowed=sanitise.COMMENT, rel="nofollow ugc noopener", is_trusted=False
)


def render_post(source: str, *, id_prefix: str) -> str:
    """Render the host's Markdown as safe HTML whose ids begin with `id_prefix`. Headings start at h2."""
    return _render(source, HOST, id_prefix)


def render_repost(source: str, *, id_prefix: str) -> str:
    """Render a guest's Markdown as `render_post` does, but headings start at h3, below the host's."""
    return _render(source, GUEST, id_prefix)


def render_comment(source: str) -> str:
    """Render a reader's text as safe HTML without ids. All markup but emphasis, links, code, quotes and lists is text.

    A picture becomes a link with its description. Characters that reverse the direction of text are removed.
    """
    return _render(markdown.strip_direction_marks(source), READER, "")


def videos_in(source: str) -> list[Reference]:
    """Return the videos for which a host's or a guest's Markdown gets placeholders, in order, without duplicates."""
    return tokens.video_references(HOST.parser.parse(markdown.normalise(source), {}))


def _render(source: str, voice: Voice, id_prefix: str) -> str:
    env: dict[str, Any] = {"id_prefix": id_prefix}
    parsed = voice.parser.parse(markdown.normalise(source), env)
    tokens.demote_headings(parsed, by=voice.heading_offset)
    tokens.anchor_headings(parsed, id_prefix=id_prefix)
    tokens.mark_tables(parsed)
    tokens.mark_deletions(parsed)
    tokens.replace_foreign_pictures(parsed, show_own=voice.is_trusted)
    tokens.mark_links(parsed, rel=voice.rel, include_own=not voice.is_trusted)
    placeholders = tokens.extract_videos(parsed) if voice.is_trusted else {}
    html = sanitise.clean(voice.parser.renderer.render(parsed, voice.parser.options, env), voice.allowed)
    for marker, placeholder in placeholders.items():
        html = html.replace(marker, placeholder)
    return html.strip()

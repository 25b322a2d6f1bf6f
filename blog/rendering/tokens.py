"""Transformations of a parsed text, as tokens, before it is rendered to HTML."""

import re
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from urllib.parse import unquote

from django.utils.text import slugify
from markdown_it.token import Token

from blog.rendering.sanitise import is_own_picture
from blog.videos import placeholders, references

_ALIGNMENTS = {"text-align:left": "align-start", "text-align:center": "align-center", "text-align:right": "align-end"}
_TEXT_TYPES = ("text", "code_inline", "softbreak", "hardbreak")
_LIKE_A_FOOTNOTE = re.compile(r"fn(ref)?\d")


def demote_headings(tokens: Sequence[Token], *, by: int) -> None:
    """Lower headings by some levels, because the only h1 of the page is outside the text."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + by, 6)}"


def anchor_headings(tokens: Sequence[Token], *, id_prefix: str) -> None:
    """Give each heading an id made from its words, and make links within the text (``#its-words``) lead there."""
    taken = Counter[str]()
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", f"{id_prefix}{_unused_slug(_slug(inline), taken)}")
    for link in _inside(tokens, "link_open"):
        url = str(link.attrGet("href"))
        if url.startswith("#") and unquote(url[1:]) in taken:
            link.attrSet("href", f"#{id_prefix}{url[1:]}")


def _slug(heading: Token) -> str:
    slug = slugify(_plain_text(heading), allow_unicode=True) or "section"
    return f"section-{slug}" if _LIKE_A_FOOTNOTE.match(slug) else slug


def _unused_slug(slug: str, taken: Counter[str]) -> str:
    unused = slug
    while taken[unused]:
        taken[slug] += 1
        unused = f"{slug}-{taken[slug]}"
    taken[unused] = 1
    return unused


def mark_tables(tokens: Sequence[Token]) -> None:
    """Set alignment by class, because the sanitisers remove styles, and set the scope of header cells."""
    for token in tokens:
        if token.type in ("th_open", "td_open"):
            alignment = _ALIGNMENTS.get(str(token.attrs.pop("style", "")))
            if token.type == "th_open":
                token.attrSet("scope", "col")
            if alignment:
                token.attrSet("class", alignment)


def mark_deletions(tokens: Sequence[Token]) -> None:
    for kind in ("s_open", "s_close"):
        for token in _inside(tokens, kind):
            token.tag = "del"


def mark_links(tokens: Sequence[Token], *, rel: str, include_own: bool) -> None:
    """Set `rel` on links to other sites; with `include_own`, on all links."""
    for link in _inside(tokens, "link_open"):
        if include_own or str(link.attrGet("href")).lower().startswith("http"):
            link.attrSet("rel", rel)


def replace_foreign_pictures(tokens: Sequence[Token], *, show_own: bool) -> None:
    """Turn pictures into links with their description, except this site's own media if `show_own` is set."""
    for inline in tokens:
        link_depth = 0  # links must not be nested
        children: list[Token] = []
        for token in inline.children or ():
            link_depth += token.nesting if token.type.startswith("link_") else 0
            is_image = token.type == "image"
            children += _picture(token, show_own=show_own, in_link=link_depth > 0) if is_image else [token]
        if inline.children:
            inline.children = children


def _picture(image: Token, *, show_own: bool, in_link: bool) -> list[Token]:
    url = str(image.attrGet("src"))
    if show_own and is_own_picture(url):
        image.attrSet("loading", "lazy")
        image.attrSet("decoding", "async")
        return [image]
    description = _text_token(_plain_text(image) or url)
    if in_link:
        return [description]
    return [Token("link_open", "a", 1, attrs={"href": url}), description, Token("link_close", "a", -1)]


def extract_videos(tokens: Sequence[Token]) -> dict[str, str]:
    """Replace each video URL that is a paragraph of its own by a marker. Return the placeholder for each marker.

    The keys are the markers as HTML, as they come out of the sanitisers; the placeholders must not be inserted before.
    Markers are random and new each time, so that no author can write one.
    """
    by_marker: dict[str, str] = {}
    for inline, reference in _video_paragraphs(tokens):
        marker = secrets.token_hex(16)
        inline.children = [_text_token(marker)]
        by_marker[f"<p>{marker}</p>"] = placeholders.placeholder(reference)
    return by_marker


def video_references(tokens: Sequence[Token]) -> list[references.Reference]:
    """Return the videos for which a parsed text gets placeholders, in order, without duplicates."""
    return list(dict.fromkeys(reference for _inline, reference in _video_paragraphs(tokens)))


def _video_paragraphs(tokens: Sequence[Token]) -> Iterator[tuple[Token, references.Reference]]:
    paragraphs = (
        (inline, reference)
        for token, inline in pairwise(tokens)
        if token.type == "paragraph_open" and token.level == 0 and (reference := _video_reference(inline.content))
    )
    return islice(paragraphs, placeholders.MAX_PER_TEXT)


def _video_reference(paragraph: str) -> references.Reference | None:
    url = paragraph.strip()
    if url.startswith("<") and url.endswith(">"):
        url = url[1:-1]
    return None if re.search(r"\s", url) else references.parse(url)


def _plain_text(token: Token) -> str:
    return "".join(child.content or " " for child in token.children or () if child.type in _TEXT_TYPES).strip()


def _text_token(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _inside(tokens: Sequence[Token], kind: str) -> Iterator[Token]:
    """The inline tokens of one type."""
    return (child for token in tokens for child in token.children or () if child.type == kind)

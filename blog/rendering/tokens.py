"""What we make of a parsed text before it is HTML: steps over its tokens."""

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
_WORDS = ("text", "code_inline", "softbreak", "hardbreak")
_LIKE_A_FOOTNOTE = re.compile(r"fn(ref)?\d")


def demote_headings(tokens: Sequence[Token], *, by: int) -> None:
    """The page has one h1, and it is not in the text."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + by, 6)}"


def anchor_headings(tokens: Sequence[Token], *, id_prefix: str) -> None:
    """Give each heading an id made from its words, and lead links within the text (``#its-words``) there."""
    taken = Counter[str]()
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", f"{id_prefix}{_unused(_slug(inline), taken)}")
    for link in _inside(tokens, "link_open"):
        address = str(link.attrGet("href"))
        if address.startswith("#") and unquote(address[1:]) in taken:
            link.attrSet("href", f"#{id_prefix}{address[1:]}")


def _slug(heading: Token) -> str:
    slug = slugify(_words(heading), allow_unicode=True) or "section"
    return f"section-{slug}" if _LIKE_A_FOOTNOTE.match(slug) else slug


def _unused(slug: str, taken: Counter[str]) -> str:
    unused = slug
    while taken[unused]:
        taken[slug] += 1
        unused = f"{slug}-{taken[slug]}"
    taken[unused] = 1
    return unused


def mark_tables(tokens: Sequence[Token]) -> None:
    """Alignment by class, since no style passes; and head cells say that they head a column."""
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


def mark_links(tokens: Sequence[Token], *, rel: str, also_own: bool) -> None:
    """Set `rel` on the links to other sites, and with `also_own` on all."""
    for link in _inside(tokens, "link_open"):
        if also_own or str(link.attrGet("href")).lower().startswith("http"):
            link.attrSet("rel", rel)


def settle_pictures(tokens: Sequence[Token], *, shown: bool) -> None:
    """Show pictures of our own media, if any are `shown`; turn each other one into a link with its description."""
    for inline in tokens:
        linked = 0  # a link must not stand in a link
        settled: list[Token] = []
        for token in inline.children or ():
            linked += token.nesting if token.type.startswith("link_") else 0
            settled += _settle(token, shown=shown, linked=linked > 0) if token.type == "image" else [token]
        if inline.children:
            inline.children = settled


def _settle(image: Token, *, shown: bool, linked: bool) -> list[Token]:
    address = str(image.attrGet("src"))
    if shown and is_own_picture(address):
        image.attrSet("loading", "lazy")
        image.attrSet("decoding", "async")
        return [image]
    words = _text(_words(image) or address)
    if linked:
        return [words]
    return [Token("link_open", "a", 1, attrs={"href": address}), words, Token("link_close", "a", -1)]


def take_out_videos(tokens: Sequence[Token]) -> dict[str, str]:
    """Put a mark in place of each video address that is a paragraph of its own; return what belongs there.

    Keys are the marks as they come out of the sanitisers, values the places that must not go in before. A mark is new
    and random each time, so that no author can write one.
    """
    made: dict[str, str] = {}
    for inline, reference in _videos(tokens):
        mark = secrets.token_hex(16)
        inline.children = [_text(mark)]
        made[f"<p>{mark}</p>"] = placeholders.place(reference)
    return made


def videos(tokens: Sequence[Token]) -> list[references.Reference]:
    """The videos that a parsed text would have places for, in order, each once."""
    return list(dict.fromkeys(reference for _inline, reference in _videos(tokens)))


def _videos(tokens: Sequence[Token]) -> Iterator[tuple[Token, references.Reference]]:
    found = (
        (inline, reference)
        for token, inline in pairwise(tokens)
        if token.type == "paragraph_open" and token.level == 0 and (reference := _video(inline.content))
    )
    return islice(found, placeholders.MOST)


def _video(paragraph: str) -> references.Reference | None:
    address = paragraph.strip()
    if address.startswith("<") and address.endswith(">"):
        address = address[1:-1]
    return None if re.search(r"\s", address) else references.parse(address)


def _words(token: Token) -> str:
    return "".join(child.content or " " for child in token.children or () if child.type in _WORDS).strip()


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _inside(tokens: Sequence[Token], kind: str) -> Iterator[Token]:
    """The tokens of one kind within the running text."""
    return (child for token in tokens for child in token.children or () if child.type == kind)

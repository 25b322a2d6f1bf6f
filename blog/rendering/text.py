"""From rendered HTML back to plain text, for lists, feeds and searching."""

import re
from html.parser import HTMLParser

_BLOCKS = {"p", "h2", "h3", "h4", "h5", "h6", "hr", "ul", "ol", "li", "blockquote", "pre", "table", "tr", "section"}
_NO_WORDS = {"sup"}  # a text of ours holds it only around the mark of a footnote


def plain_text(html: str) -> str:
    """The words of a rendered text, its blocks a blank line apart; without footnote marks and videos."""
    return _Reader(_NO_WORDS).read(html)


def excerpt(html: str, *, length: int) -> str:
    """The first words of a rendered text on one line, at most `length` characters with the ellipsis of a cut."""
    words = " ".join(_Reader(_NO_WORDS | {"section"}).read(html).split())
    if len(words) <= length:
        return words
    whole, _, begun = words[:length].rpartition(" ")
    # Chinese, Japanese and Thai have no spaces between words: there a cut anywhere loses less.
    kept = whole if len(whole) > len(begun) else words[: length - 1]
    return kept.rstrip(" ,;:.–—-") + "…"


class _Reader(HTMLParser):
    def __init__(self, skipped: set[str]) -> None:
        super().__init__()
        self._skipped = skipped
        self._inside: list[str] = []  # the skipped element that we are in, and those of its name within it
        self._pre = False
        self._parts: list[str] = []

    def read(self, html: str) -> str:
        self.feed(html)
        self.close()
        text = re.sub(r"[ \t]+\n", "\n", "".join(self._parts))
        return re.sub(r"\n{3,}", "\n\n", text).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._inside or (not self._inside and self._is_skipped(tag, dict(attrs))):
            self._inside.append(tag)
        elif self._inside:
            return
        elif tag == "br":
            self._write("\n")
        elif tag == "img":
            self._write(dict(attrs).get("alt") or "")
        else:
            self._pass_border(tag)
            self._pre = self._pre or tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            self._inside.pop()
        elif not self._inside:
            self._pass_border(tag)
            self._pre = self._pre and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._inside:
            return
        text = data if self._pre else re.sub(r"\s+", " ", data)
        self._write(text if self._pre or not self._at_space() else text.lstrip())

    def _is_skipped(self, tag: str, attrs: dict[str, str | None]) -> bool:
        return tag in self._skipped or attrs.get("role") == "doc-backlink"

    def _pass_border(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._write("\n\n")
        elif tag in ("td", "th") and not self._at_space():
            self._write(" ")

    def _at_space(self) -> bool:
        return not self._parts or self._parts[-1][-1].isspace()

    def _write(self, text: str) -> None:
        if text:
            self._parts.append(text)

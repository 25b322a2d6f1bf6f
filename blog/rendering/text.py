"""Plain text from rendered HTML, for lists, feeds and search."""

import re
from html.parser import HTMLParser

_BLOCKS = {"p", "h2", "h3", "h4", "h5", "h6", "hr", "ul", "ol", "li", "blockquote", "pre", "table", "tr", "section"}
_SKIPPED = {"sup"}  # rendered text contains it only around the reference to a footnote


def plain_text(html: str) -> str:
    """Return the plain text of rendered HTML: blank lines between blocks, no footnote references and no videos."""
    return _Reader(_SKIPPED).read(html)


def excerpt(html: str, *, length: int) -> str:
    """Return the first words of rendered HTML on one line: at most `length` characters, with an ellipsis if cut."""
    words = " ".join(_Reader(_SKIPPED | {"section"}).read(html).split())
    if len(words) <= length:
        return words
    whole_words, _, cut_word = words[:length].rpartition(" ")
    # Chinese, Japanese and Thai have no spaces between words, so cutting anywhere loses less.
    beginning = whole_words if len(whole_words) > len(cut_word) else words[: length - 1]
    return beginning.rstrip(" ,;:.–—-") + "…"


class _Reader(HTMLParser):
    def __init__(self, skipped: set[str]) -> None:
        super().__init__()
        self._skipped = skipped
        self._inside: list[str] = []  # the skipped element around the current point, and nested ones of the same name
        self._in_pre = False
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
            self._separate(tag)
            self._in_pre = self._in_pre or tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            self._inside.pop()
        elif not self._inside:
            self._separate(tag)
            self._in_pre = self._in_pre and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._inside:
            return
        text = data if self._in_pre else re.sub(r"\s+", " ", data)
        self._write(text if self._in_pre or not self._ends_with_space() else text.lstrip())

    def _is_skipped(self, tag: str, attrs: dict[str, str | None]) -> bool:
        return tag in self._skipped or attrs.get("role") == "doc-backlink"

    def _separate(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._write("\n\n")
        elif tag in ("td", "th") and not self._ends_with_space():
            self._write(" ")

    def _ends_with_space(self) -> bool:
        return not self._parts or self._parts[-1][-1].isspace()

    def _write(self, text: str) -> None:
        if text:
            self._parts.append(text)

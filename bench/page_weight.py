"""The resources that a browser without extensions loads on a first visit to a page."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

Fetch = Callable[[str], bytes]  # from a path on our site to the bytes as sent, possibly compressed
Read = Callable[[str], str]  # the same, decompressed and decoded

_LOADING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "manifest"}
_LOADED = {"script": "src", "img": "src", "iframe": "src", "video": "src", "audio": "src", "source": "src"}
_LOADED |= {"embed": "src", "object": "data", "track": "src", "input": "src"}
_CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""", re.IGNORECASE)
_FONT = re.compile(r"@font-face", re.IGNORECASE)


@dataclass
class Resources:
    """URLs that a page loads by itself."""

    styles: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    fonts: int = 0

    def third_party(self, page: str) -> list[str]:
        """The URLs on other hosts than that of the page."""
        parsed = {url: urlsplit(urljoin(page, url)) for url in (*self.styles, *self.scripts, *self.others)}
        own = urlsplit(page).netloc
        return [url for url, parts in parsed.items() if parts.netloc != own and parts.scheme != "data"]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = Resources()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        relations = set(values.get("rel", "").lower().split())
        if tag == "link" and relations & _LOADING_LINKS:
            (self.found.styles if "stylesheet" in relations else self.found.others).append(values.get("href", ""))
            self.found.fonts += values.get("as") == "font"
        elif url := values.get(_LOADED.get(tag, ""), ""):
            (self.found.scripts if tag == "script" else self.found.others).append(url)
        for name in ("poster", "srcset"):
            self.found.others += [part.split()[0] for part in values.get(name, "").split(",") if part.strip()]


def resources(html: str, read: Read, page: str) -> Resources:
    """The resources of the page at the URL `page`, including those that its stylesheets load."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    found = reader.found
    for style in [*found.styles]:
        if style in found.third_party(page):
            continue
        css = read(style)
        found.fonts += len(_FONT.findall(css))
        found.others += [urljoin(style, plain or quoted) for plain, quoted in _CSS_URL.findall(css)]
    return found


def kilobytes(urls: list[str], fetch: Fetch) -> float:
    return sum(len(fetch(url)) for url in urls) / 1024

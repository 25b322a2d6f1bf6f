"""What a first visit to a page loads, as a browser without extensions would."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

Fetch = Callable[[str], bytes]  # from a path of our own to its bytes as they are sent, packed where they are
Read = Callable[[str], str]  # the same, unpacked

_LOADING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "manifest"}
_LOADED = {"script": "src", "img": "src", "iframe": "src", "video": "src", "audio": "src", "source": "src"}
_LOADED |= {"embed": "src", "object": "data", "track": "src", "input": "src"}
_CSS_ADDRESS = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""", re.IGNORECASE)
_FONT = re.compile(r"@font-face", re.IGNORECASE)


@dataclass
class Loaded:
    """Addresses that a page loads by itself."""

    styles: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    fonts: int = 0

    def elsewhere(self, page: str) -> list[str]:
        """Those of other hosts than that of the page."""
        hosts = {address: urlsplit(urljoin(page, address)) for address in (*self.styles, *self.scripts, *self.others)}
        own = urlsplit(page).netloc
        return [address for address, parts in hosts.items() if parts.netloc != own and parts.scheme != "data"]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = Loaded()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        relations = set(values.get("rel", "").lower().split())
        if tag == "link" and relations & _LOADING_LINKS:
            (self.found.styles if "stylesheet" in relations else self.found.others).append(values.get("href", ""))
            self.found.fonts += values.get("as") == "font"
        elif address := values.get(_LOADED.get(tag, ""), ""):
            (self.found.scripts if tag == "script" else self.found.others).append(address)
        for name in ("poster", "srcset"):
            self.found.others += [part.split()[0] for part in values.get(name, "").split(",") if part.strip()]


def loaded_by(html: str, read: Read, page: str) -> Loaded:
    """All that the page at the address `page` loads, with what its stylesheets load in turn."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    found = reader.found
    for style in [*found.styles]:
        if style in found.elsewhere(page):
            continue
        css = read(style)
        found.fonts += len(_FONT.findall(css))
        found.others += [urljoin(style, plain or quoted) for plain, quoted in _CSS_ADDRESS.findall(css)]
    return found


def kilobytes(addresses: list[str], fetch: Fetch) -> float:
    return sum(len(fetch(address)) for address in addresses) / 1024

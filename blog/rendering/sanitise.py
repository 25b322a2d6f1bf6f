"""What HTML may hold, voice by voice: the allow-lists, and the only import of the two sanitisers.

Both read the same list. bleach gets no more security fixes, so nh3 makes the last pass. The Markdown renderer makes
nothing that they remove; they stand here for the day when it does.
"""

import re
import threading
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import unquote

import bleach
import nh3
from django.conf import settings

# Element -> attribute -> whether a value of it is allowed.
AllowList: TypeAlias = Mapping[str, Mapping[str, Callable[[str], object]]]

SCHEMES = {"http", "https", "mailto"}
# Whole addresses, paths of our own site, places in the same text. "//host" and "/\host" are other sites in disguise,
# and browsers drop tabs and line ends from an address before they read it.
_ADDRESS = re.compile(r"(?:https?://(?!/)|mailto:|/(?!/)|#)[^\s\\]*", re.IGNORECASE)
_PATH = re.compile(r"[\w./~%-]+", re.ASCII)


def is_safe_url(address: str) -> bool:
    """Whether a link may lead to `address`: http, https, mailto, a path on this site or a place in this text."""
    return bool(_ADDRESS.fullmatch(address))


def is_own_picture(address: str) -> bool:
    """Whether `address` lies in our own media folder."""
    return address.startswith(settings.MEDIA_URL) and bool(_PATH.fullmatch(address)) and ".." not in unquote(address)


def _matching(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern).fullmatch


_anything = _matching(r"[\s\S]*")
_id = _matching(r"[\w-]+")

_TEXT: AllowList = {
    **{element: {} for element in ("p", "br", "em", "strong", "del", "pre", "blockquote", "ul", "li")},
    "ol": {"start": _matching(r"[0-9]{1,9}")},
}

COMMENT: AllowList = {**_TEXT, "code": {}, "a": {"href": is_safe_url, "rel": _matching("nofollow ugc noopener")}}

_CELL = {"class": _matching(r"align-(?:start|center|end)"), "scope": _matching("col")}
REPOST: AllowList = {
    **_TEXT,
    **{element: {"id": _id} for element in ("h3", "h4", "h5", "h6")},
    **{element: {} for element in ("hr", "table", "thead", "tbody", "tr")},
    "th": _CELL,
    "td": _CELL,
    "a": {
        "href": is_safe_url,
        "rel": _matching("noopener"),
        "title": _anything,
        "id": _id,
        "role": _matching("doc-noteref|doc-backlink"),
    },
    "img": {
        "src": is_own_picture,
        "alt": _anything,
        "title": _anything,
        "loading": _matching("lazy"),
        "decoding": _matching("async"),
    },
    "code": {"class": _matching(r"language-[\w.+#-]+")},
    "span": {"class": _matching("[a-z][a-z0-9]{0,2}")},  # Pygments' short names
    "sup": {"class": _matching("footnote-ref")},
    "section": {"class": _matching("footnotes"), "role": _matching("doc-endnotes")},
    "li": {"id": _id},
}
POST: AllowList = {**REPOST, "h2": {"id": _id}}


def clean(html: str, allowed: AllowList) -> str:
    """`html` with nothing in it but what `allowed` lists."""
    return by_nh3(by_bleach(html, allowed), allowed)


def by_bleach(html: str, allowed: AllowList) -> str:
    return _sanitisers(allowed).bleach.clean(html)


def by_nh3(html: str, allowed: AllowList) -> str:
    cleaned: str = _sanitisers(allowed).nh3.clean(html)
    return cleaned


class _Sanitisers(threading.local):
    """Both for one allow-list, made once in each thread: bleach's parser is good for one at a time. To make them takes
    0.12 ms, and to clean a comment as much.
    """

    def __init__(self, allowed: AllowList) -> None:
        def keeps(element: str, attribute: str, value: str) -> bool:
            return _is_allowed(allowed, element, attribute, value)

        def keep(element: str, attribute: str, value: str) -> str | None:
            return value if keeps(element, attribute, value) else None

        self.bleach = bleach.Cleaner(set(allowed), keeps, SCHEMES, strip=True)
        # The empty "*" stands against nh3's own: "title" and "lang" on every element.
        attributes = {"*": set[str]()} | {element: set(rules) for element, rules in allowed.items()}
        self.nh3 = nh3.Cleaner(
            tags=set(allowed), attributes=attributes, attribute_filter=keep, url_schemes=SCHEMES, link_rel=None
        )


def _sanitisers(allowed: AllowList) -> _Sanitisers:
    return _OF[id(allowed)]


def _is_allowed(allowed: AllowList, element: str, attribute: str, value: str) -> bool:
    rule = allowed.get(element, {}).get(attribute)
    return rule is not None and bool(rule(value))


_OF = {id(allowed): _Sanitisers(allowed) for allowed in (COMMENT, REPOST, POST)}

"""The HTML that each voice may produce: the allow-lists, and the only import of the two sanitisers.

Both use the same list. bleach no longer gets security fixes, so nh3 makes the last pass. The Markdown renderer produces
nothing that they remove; they guard against a day when it does.
"""

import re
import threading
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import unquote

import bleach
import nh3
from django.conf import settings

# Element -> attribute -> a predicate for its value.
AllowList: TypeAlias = Mapping[str, Mapping[str, Callable[[str], object]]]

SCHEMES = {"http", "https", "mailto"}
# Absolute URLs, paths on this site, fragments. "//host" and "/\host" lead to other sites, and browsers remove tabs and
# line ends from a URL before they parse it.
_SAFE_URL = re.compile(r"(?:https?://(?!/)|mailto:|/(?!/)|#)[^\s\\]*", re.IGNORECASE)
_PATH = re.compile(r"[\w./~%-]+", re.ASCII)


def is_safe_url(url: str) -> bool:
    """Whether a link may lead to `url`: http, https, mailto, a path on this site or a fragment."""
    return bool(_SAFE_URL.fullmatch(url))


def is_own_picture(url: str) -> bool:
    """Whether `url` is a path below this site's MEDIA_URL."""
    return url.startswith(settings.MEDIA_URL) and bool(_PATH.fullmatch(url)) and ".." not in unquote(url)


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
    """Remove everything from `html` that `allowed` does not list."""
    return by_nh3(by_bleach(html, allowed), allowed)


def by_bleach(html: str, allowed: AllowList) -> str:
    return _sanitisers(allowed).bleach.clean(html)


def by_nh3(html: str, allowed: AllowList) -> str:
    cleaned: str = _sanitisers(allowed).nh3.clean(html)
    return cleaned


class _Sanitisers(threading.local):
    """Both sanitisers for one allow-list, created once per thread, because bleach's parser is not thread-safe.

    Creating them takes 0.12 ms, as long as cleaning a comment.
    """

    def __init__(self, allowed: AllowList) -> None:
        def is_allowed(element: str, attribute: str, value: str) -> bool:
            return _is_allowed(allowed, element, attribute, value)

        def filter_value(element: str, attribute: str, value: str) -> str | None:
            return value if is_allowed(element, attribute, value) else None

        self.bleach = bleach.Cleaner(set(allowed), is_allowed, SCHEMES, strip=True)
        # The empty "*" overrides nh3's default, which allows "title" and "lang" on every element.
        attributes = {"*": set[str]()} | {element: set(rules) for element, rules in allowed.items()}
        self.nh3 = nh3.Cleaner(
            tags=set(allowed), attributes=attributes, attribute_filter=filter_value, url_schemes=SCHEMES, link_rel=None
        )


def _sanitisers(allowed: AllowList) -> _Sanitisers:
    return _SANITISERS[id(allowed)]


def _is_allowed(allowed: AllowList, element: str, attribute: str, value: str) -> bool:
    rule = allowed.get(element, {}).get(attribute)
    return rule is not None and bool(rule(value))


_SANITISERS = {id(allowed): _Sanitisers(allowed) for allowed in (COMMENT, REPOST, POST)}

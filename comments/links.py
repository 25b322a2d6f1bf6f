"""The links in what somebody wrote, whether they became links on the page or are only meant as some."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

_ADDRESS = re.compile(r"(?:https?://|//|www\.)[^\s<>()\[\]\"'`]{2,}", re.IGNORECASE)
_SCHEME = re.compile(r"(?:https?:)?//", re.IGNORECASE)


def hosts(text: str) -> list[str]:
    """The hosts of all addresses in a source, repeated as they are there, without the site's own. In ASCII."""
    return [host for host in _hosts(text) if host != settings.SITE.hostname]


def _hosts(text: str) -> Iterator[str]:
    for address in _ADDRESS.findall(text):
        try:
            host = urlsplit("//" + _SCHEME.sub("", address, count=1)).hostname or ""
            yield host.rstrip(".").encode("idna").decode("ascii")
        except ValueError:  # no host that a browser would go to, or one that only looks like that
            yield address[:60].casefold()


def is_within(host: str, domain: str) -> bool:
    """Whether a host is a domain or below it."""
    return host == domain or host.endswith(f".{domain}")

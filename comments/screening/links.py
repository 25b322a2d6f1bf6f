"""The links in what somebody wrote, whether they became links on the page or are only meant as some."""

import re
from html import unescape
from urllib.parse import unquote, urlsplit

from django.conf import settings

_ADDRESS = re.compile(r"(?:https?://|//|www\.)(?:\[[0-9a-f:.]*\]|[^\s<>()\[\]\"'`]{2,})", re.IGNORECASE)
_SCHEME = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_HREF = re.compile(r'<a [^>]*?href="([^"]*)"')  # as our sanitiser writes it


def hosts(text: str, html: str = "") -> list[str]:
    """The hosts of all links that a text became on the page, and of all that are only meant as some; in ASCII, repeated
    as they are there, without the site's own.
    """
    linked = [host for address in _HREF.findall(html) if (host := _host(unescape(address)))]
    meant = [host for address in _ADDRESS.findall(text) if (host := _host(address)) not in linked]
    return [host for host in [*linked, *meant] if host != settings.SITE.hostname]


def is_within(host: str, domain: str) -> bool:
    """Whether a host is a domain or below it."""
    return host == domain or host.endswith(f".{domain}")


def _host(address: str) -> str:
    """Empty for an address within the site, or of a mailbox."""
    if address.startswith(("#", "mailto:")) or (address.startswith("/") and not address.startswith("//")):
        return ""
    try:
        host = urlsplit("//" + _SCHEME.sub("", address, count=1)).hostname or ""
        return unquote(host).casefold().rstrip(".").encode("idna").decode("ascii")
    except ValueError:  # no host that a browser would go to, or one that only looks like that
        return address[:60].casefold()

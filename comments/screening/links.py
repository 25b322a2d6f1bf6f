"""The links in a comment, whether they became links on the page or stand there as plain text."""

import re
from html import unescape
from urllib.parse import unquote, urlsplit

from django.conf import settings

_URL = re.compile(r"(?:https?://|//|www\.)(?:\[[0-9a-f:.]*\]|[^\s<>()\[\]\"'`]{2,})", re.IGNORECASE)
_SCHEME = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_HREF = re.compile(r'<a [^>]*?href="([^"]*)"')  # as our sanitiser writes it
MAX_FALLBACK = 60  # characters of a URL that stand for its host if it has no valid one


def hosts(text: str, html: str = "") -> list[str]:
    """Return the hosts of all links: those in the HTML, then those that only the text has.

    Hosts are in ASCII and repeated as often as they occur. Links to the site itself are left out.
    """
    linked = [host for url in _HREF.findall(html) if (host := _host(unescape(url)))]
    unlinked = [host for url in _URL.findall(text) if (host := _host(url)) not in linked]
    return [host for host in [*linked, *unlinked] if host != settings.SITE.hostname]


def is_within(host: str, domain: str) -> bool:
    """Whether a host is a domain or one of its subdomains."""
    return host == domain or host.endswith(f".{domain}")


def _host(url: str) -> str:
    """The host of a URL; empty for a URL within the site and for an email address."""
    if url.startswith(("#", "mailto:")) or (url.startswith("/") and not url.startswith("//")):
        return ""
    try:
        host = urlsplit("//" + _SCHEME.sub("", url, count=1)).hostname or ""
        return unquote(host).casefold().rstrip(".").encode("idna").decode("ascii")
    except ValueError:  # not a host that a browser would open, or only something that looks like one
        return url[:MAX_FALLBACK].casefold()

"""Where a request comes from: the other end of the connection or, where that is our own proxy, whom it names."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address

MOST_HOPS = 16  # more proxies than anybody has in a row; a visitor may send a list of any length
# An address as proxies write it: alone, or with a port, for which IPv6 needs brackets. A zone tells nothing elsewhere.
_WRITTEN = re.compile(
    r"(?:\[([0-9a-f:.]+)(?:%[^\]]*)?\]|([0-9.]+))(?::[0-9]{1,5})?|([0-9a-f:.]+)(?:%.*)?", re.ASCII | re.IGNORECASE
)


def visitor_ip(request: HttpRequest) -> Address | None:
    """The address of the visitor. None where it is not known: at the other end of a socket of this machine.

    X-Forwarded-For is read from the right, as each proxy adds at its end whom it was asked by, and only as far as those
    who speak are our own proxies. Whatever stands further left may have been made up by the visitor.
    """
    found = _read(request.META.get("REMOTE_ADDR", ""))
    for entry in _from_the_right(request.META.get("HTTP_X_FORWARDED_FOR", "")):
        if found not in settings.TRUSTED_PROXIES:
            break
        told = _read(entry)
        if told is None:
            break  # one of our proxies says it does not know: the last one that is known stands for its visitors
        found = told
    return found


def _from_the_right(header: str) -> list[str]:
    """The last entries of the header, the nearest first. Empty ones mean nothing in a list (RFC 9110, 5.6.1)."""
    entries = header.rsplit(",", MOST_HOPS)[-MOST_HOPS:]  # without what is left uncut
    return [entry for entry in reversed(entries) if entry.strip()]


def _read(text: str) -> Address | None:
    written = _WRITTEN.fullmatch(text.strip())
    try:
        address = ip_address(written[1] or written[2] or written[3]) if written else None
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address

"""The IP of the visitor: the peer of the connection or, if that is one of our proxies, the client that it names."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

IP = IPv4Address | IPv6Address

MAX_HOPS = 16  # more proxies than anybody has in a row; a visitor may send a list of any length
# An IP as proxies write it: alone, or with a port, for which IPv6 needs brackets. A zone means nothing on another host.
_IP = re.compile(
    r"(?:\[([0-9a-f:.]+)(?:%[^\]]*)?\]|([0-9.]+))(?::[0-9]{1,5})?|([0-9a-f:.]+)(?:%.*)?", re.ASCII | re.IGNORECASE
)


def visitor_ip(request: HttpRequest) -> IP | None:
    """The IP of the visitor, or None if it is unknown because the peer is a socket of this machine.

    X-Forwarded-For is read from the right, because each proxy appends the IP of its client, and only for as long as the
    entry before was written by one of our own proxies. The visitor may have invented everything further left.
    """
    found = _parse(request.META.get("REMOTE_ADDR", ""))
    for entry in _from_the_right(request.META.get("HTTP_X_FORWARDED_FOR", "")):
        if found not in settings.TRUSTED_PROXIES:
            break
        client = _parse(entry)
        if client is None:
            break  # one of our proxies does not know its client: its own IP stands for its visitors
        found = client
    return found


def _from_the_right(header: str) -> list[str]:
    """The last entries of the header, the nearest first. Empty elements of a list mean nothing (RFC 9110, 5.6.1)."""
    entries = header.rsplit(",", MAX_HOPS)[-MAX_HOPS:]  # without the rest of the header
    return [entry for entry in reversed(entries) if entry.strip()]


def _parse(text: str) -> IP | None:
    match = _IP.fullmatch(text.strip())
    try:
        ip = ip_address(match[1] or match[2] or match[3]) if match else None
    except ValueError:
        return None
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip

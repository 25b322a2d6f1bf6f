"""Telling visitors apart for limits, without keeping who they are."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from blog import clock

# What one household or company usually has. Single addresses would limit nobody: they are changed at will.
PREFIX_BITS = {4: 24, 6: 48}


def network_key(request: HttpRequest) -> str:
    """A name for the visitor's network that holds for today: 64 hexadecimal characters.

    The key of the hash is new every day and derived from the secret one, so that no list of addresses leads back from
    what is stored, and nobody can be followed from one day to the next.
    """
    return salted_hmac(f"blog.visitors {clock.now():%Y-%m-%d}", _network(request), algorithm="sha256").hexdigest()


def _network(request: HttpRequest) -> str:
    """The network of the other end of the connection. No header is believed but the one that our own proxy sets."""
    told = request.headers.get(settings.VISITOR_ADDRESS_HEADER, "") if settings.VISITOR_ADDRESS_HEADER else ""
    try:
        address = ip_address((told or request.META.get("REMOTE_ADDR", "")).strip().partition("%")[0])
    except ValueError:
        return "unknown"  # a socket of this machine: all that comes through it shares one limit
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ip_network((address, PREFIX_BITS[address.version]), strict=False))

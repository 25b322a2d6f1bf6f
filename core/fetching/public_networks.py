"""Which IPs we may connect to: those of the public internet, and none that leads into our own network."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

# `is_global` depends on the version of Python, and is true for more networks than a public server can have.
_REFUSED_V4 = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments, some of them within one network
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, deprecated
    IPv4Network("100.64.0.0/10"),  # carrier-grade NAT
)
_ASSIGNED_V6 = IPv6Network(
    "2000::/3"
)  # all global unicast so far; the rest is reserved, local, or embeds an IPv4 address
_REFUSED_V6 = (
    IPv6Network("2001::/23"),  # protocol assignments, and Teredo, which embeds two IPv4 addresses
    IPv6Network("2001:db8::/32"),  # for documentation, as is the next
    IPv6Network("3fff::/20"),
)
_NAT64 = IPv6Network("64:ff9b::/96")  # how an IPv6-only network writes an IPv4 address


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Whether `ip` belongs to the public internet, and so does an IPv4 address that is embedded in it."""
    if isinstance(ip, IPv4Address):
        return _is_public_v4(ip)
    if embedded := _embedded_ipv4(ip):
        return _is_public_v4(embedded)
    is_refused = any(ip in network for network in _REFUSED_V6)
    return ip in _ASSIGNED_V6 and ip.is_global and not ip.is_multicast and not is_refused


def _is_public_v4(ip: IPv4Address) -> bool:
    is_special = ip.is_multicast or ip.is_reserved or any(ip in network for network in _REFUSED_V4)
    return ip.is_global and not is_special


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which a packet for `ip` may be forwarded."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour

"""Which addresses of the network we may be sent to: those of the public internet, and of nothing behind our back."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

# Python's registers grew over its versions, and `is_global` says yes to more than can be reached honestly.
_REFUSED_V4 = (
    IPv4Network("192.0.0.0/24"),  # assigned to protocols, some of them within one network
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, given up
    IPv4Network("100.64.0.0/10"),  # between a provider and its customers
)
_ASSIGNED_V6 = IPv6Network("2000::/3")  # all that anybody was ever given; the rest is reserved, local, or a disguise
_REFUSED_V6 = (
    IPv6Network("2001::/23"),  # assigned to protocols, and Teredo, which hides two addresses of IPv4
    IPv6Network("2001:db8::/32"),  # for documentation, as the next
    IPv6Network("3fff::/20"),
)
_NAT64 = IPv6Network("64:ff9b::/96")  # what a network without IPv4 makes of an IPv4 address


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether `address` belongs to the public internet, and so does an IPv4 address that hides in it."""
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    if hidden := _hidden_in(address):
        return _is_public_v4(hidden)
    is_refused = any(address in network for network in _REFUSED_V6)
    return address in _ASSIGNED_V6 and address.is_global and not address.is_multicast and not is_refused


def _is_public_v4(address: IPv4Address) -> bool:
    is_special = address.is_multicast or address.is_reserved or any(address in network for network in _REFUSED_V4)
    return address.is_global and not is_special


def _hidden_in(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which a packet for `address` may be led on."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour

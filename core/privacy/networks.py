"""Recognises a visitor's network without storing it, for rate limits and bans.

Only a pseudonym of the network is stored: a hash under a random key, which is new every week and destroyed after thirty
days. While a key lives, limits work. Once it is gone, a pseudonym cannot be traced back to a network, not even by us.
"""

import secrets
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from core import clock
from core.extension_points import FORGET_NETWORKS
from core.models import NetworkKey
from core.privacy.proxies import visitor_ip

# The size of network that one household or company usually has. Limits on single IPs would not work: they are changed
# at will.
PREFIX_BITS = {4: 24, 6: 48}
WEEK = timedelta(days=7)
LIFETIME = timedelta(days=30)  # of a key, from the Monday of its week
SECRET_BYTES = 32

_cached_secrets: tuple[datetime, list[bytes]] | None = None  # the minute in which they were read, and the secrets


def network_keys(request: HttpRequest) -> list[bytes]:
    """The pseudonyms of the visitor's network under every living key, that of this week first: 32 bytes each.

    The first one is stored. To find what the network did before, search for all of them: otherwise every limit would
    start anew with the week. Creates the key of the week if there is none, so this is not for a GET.
    """
    network = _network(request)
    return [_pseudonym(network, secret) for secret in _living_secrets(clock.now())]


def network_key(request: HttpRequest) -> bytes:
    """The pseudonym of the visitor's network in this week."""
    return network_keys(request)[0]


def oldest_week(moment: datetime | None = None) -> datetime:
    """The beginning of the oldest week whose key still lives. Pseudonyms stored before it must be deleted, too."""
    return week_of((moment or clock.now()) - LIFETIME) + WEEK


def week_of(moment: datetime) -> datetime:
    """The beginning of the week: Monday, midnight in UTC."""
    midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=midnight.weekday())


def forget_networks() -> None:
    """Destroy the keys that are thirty days old, and clear the pseudonyms that were made with them."""
    oldest = oldest_week()
    NetworkKey.objects.filter(week__lt=oldest.date()).delete()
    clear_cached_secrets()
    for forget in FORGET_NETWORKS:
        with transaction.atomic():
            forget(oldest)


def clear_cached_secrets() -> None:
    """Read the keys from the database again."""
    global _cached_secrets
    _cached_secrets = None


def _living_secrets(moment: datetime) -> list[bytes]:
    """The secrets of the living keys, the newest first. They are read once a minute; a week begins with a minute, too.

    So after a key was destroyed, another process may hold its secret until its next visitor after that minute. It uses
    the secret only to find what was stored under it.
    """
    global _cached_secrets
    minute = moment.replace(second=0, microsecond=0)
    if _cached_secrets is None or _cached_secrets[0] != minute:
        _cached_secrets = minute, _read_secrets(moment)
    return _cached_secrets[1]


def _read_secrets(moment: datetime) -> list[bytes]:
    """Read the secrets with one query. Only the first visitor of a week needs more."""
    this_week = week_of(moment).date()
    weeks = (oldest_week(moment).date(), this_week)
    found = NetworkKey.objects.filter(week__range=weeks).order_by("-week").values_list("week", "secret")
    secrets_of_weeks = [bytes(secret) for _week, secret in found]
    has_this_week = bool(found) and found[0][0] == this_week
    return secrets_of_weeks if has_this_week else [_create_secret(this_week), *secrets_of_weeks]


def _create_secret(week: date) -> bytes:
    """Create the key of a week and return its secret. If another process has just created one, return that one's."""
    fresh = {"secret": secrets.token_bytes(SECRET_BYTES)}
    return bytes(NetworkKey.objects.get_or_create(week=week, defaults=fresh)[0].secret)


def _pseudonym(network: str, secret: bytes) -> bytes:
    """The HMAC of a network. It involves the site's secret key, so a stolen database alone identifies nobody."""
    return salted_hmac(b"core.privacy.networks" + secret, network, algorithm="sha256").digest()


def _network(request: HttpRequest) -> str:
    """The visitor's network in CIDR notation."""
    ip = visitor_ip(request)
    if ip is None:
        return "unknown"  # a socket of this machine: everything that comes through it shares one limit
    host_bits = ip.max_prefixlen - PREFIX_BITS[ip.version]
    return f"{type(ip)(int(ip) >> host_bits << host_bits)}/{PREFIX_BITS[ip.version]}"

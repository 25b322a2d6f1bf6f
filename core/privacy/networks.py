"""Telling visitors apart for limits, without keeping who they are.

A visitor's network gets a name: a hash under a random key that is new every week and destroyed after thirty days. While
a key lives, so do the limits; once it is gone, nothing leads from a name back to a network, for us neither.
"""

import secrets
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import DateField, QuerySet
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from core import clock
from core.compiled_queries import Given, Prepared
from core.extension_points import FORGET_NETWORKS
from core.models import NetworkKey
from core.privacy.proxies import visitor_ip

# What one household or company usually has. Single addresses would limit nobody: they are changed at will.
PREFIX_BITS = {4: 24, 6: 48}
WEEK = timedelta(days=7)
LIFETIME = timedelta(days=30)  # of a key, from the Monday of its week
SECRET_BYTES = 32

_kept: tuple[datetime, list[bytes]] | None = None  # the secrets that live, and in which minute they were asked for


def network_keys(request: HttpRequest) -> list[bytes]:
    """The names of the visitor's network under every key that lives, that of this week first: 32 bytes each.

    What is stored has the first one. Whoever looks for what the network did before must ask for all of them, or every
    limit would begin anew with the week. Makes the key of the week where there is none: not for a GET.
    """
    network = _network(request)
    return [_name(network, secret) for secret in _living_secrets(clock.now())]


def network_key(request: HttpRequest) -> bytes:
    """The name of the visitor's network in this week."""
    return network_keys(request)[0]


def oldest_week(moment: datetime | None = None) -> datetime:
    """The beginning of the oldest week whose key still lives: names given before then are to be forgotten, too."""
    return week_of((moment or clock.now()) - LIFETIME) + WEEK


def week_of(moment: datetime) -> datetime:
    """The beginning of the week: Monday, midnight in UTC."""
    midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=midnight.weekday())


def forget_networks() -> None:
    """Destroy the keys that are thirty days old, and clear the pseudonyms that were made with them."""
    moment = oldest_week()
    NetworkKey.objects.filter(week__lt=moment.date()).delete()
    forget_what_is_kept()
    for forget in FORGET_NETWORKS:
        with transaction.atomic():
            forget(moment)


def _living_secrets(moment: datetime) -> list[bytes]:
    """Those of the keys that live, the newest first. Asked for once a minute: weeks begin with one, too. So another
    process may know a key after it was destroyed, until it is next asked by a visitor; only to look for what it named.
    """
    global _kept
    minute = moment.replace(second=0, microsecond=0)
    if _kept is None or _kept[0] != minute:
        _kept = minute, _asked_for(moment)
    return _kept[1]


def forget_what_is_kept() -> None:
    """Ask for the keys anew."""
    global _kept
    _kept = None


def _asked_for(moment: datetime) -> list[bytes]:
    """One query, but for the first visitor of a week."""
    this_week = week_of(moment).date()
    found = _KEYS(oldest=oldest_week(moment).date(), newest=this_week)
    secrets_of_weeks = [bytes(secret) for _week, secret in found]
    is_there = bool(found) and found[0][0] == this_week
    return secrets_of_weeks if is_there else [_secret_of(this_week), *secrets_of_weeks]


def _keys() -> QuerySet[NetworkKey, tuple[date, bytes]]:
    weeks = (Given("oldest", DateField()), Given("newest", DateField()))
    return NetworkKey.objects.filter(week__range=weeks).order_by("-week").values_list("week", "secret")


_KEYS = Prepared(_keys)


def _secret_of(week: date) -> bytes:
    """That of the key of a week. Of two processes that make it at once, the second takes that of the first."""
    fresh = {"secret": secrets.token_bytes(SECRET_BYTES)}
    return bytes(NetworkKey.objects.get_or_create(week=week, defaults=fresh)[0].secret)


def _name(network: str, secret: bytes) -> bytes:
    """The HMAC of a network. The site's secret key has its part, so that a stolen database alone leads to nobody."""
    return salted_hmac(b"core.privacy.networks" + secret, network, algorithm="sha256").digest()


def _network(request: HttpRequest) -> str:
    address = visitor_ip(request)
    if address is None:
        return "unknown"  # a socket of this machine: all that comes through it shares one limit
    rest = address.max_prefixlen - PREFIX_BITS[address.version]
    return f"{type(address)(int(address) >> rest << rest)}/{PREFIX_BITS[address.version]}"

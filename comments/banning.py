"""Bans: what moderators want held or refused wherever it comes from."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils.crypto import salted_hmac

from comments import addresses
from comments.models import Ban

Kind = Ban.Kind


def email_key(email: str) -> bytes:
    """What a ban keeps of an address: the same for those that only a "+tag" or capital letters tell apart."""
    return salted_hmac("comments.banning", addresses.canonical(email), algorithm="sha256").digest()


def of_person(networks: Sequence[bytes], email: str) -> list[Ban]:
    """The bans in force of somebody who writes from a network, under all its names, with the e-mail they typed."""
    known = Q(kind=Kind.NETWORK, key__in=networks)
    if email:
        known |= Q(kind=Kind.EMAIL, key=email_key(email))
    return list(Ban.objects.in_force().filter(known))


def of_words() -> list[Ban]:
    """The bans in force of words and domains."""
    return list(Ban.objects.in_force().filter(kind__in=(Kind.WORD, Kind.DOMAIN)).order_by("pk"))

"""Bans: what moderators want held or refused wherever it comes from."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import BinaryField, DateTimeField, Q, QuerySet
from django.utils.crypto import salted_hmac

from comments.models import Ban, Comment
from comments.posting import text_cleaning
from core import clock
from core.compiled_queries import Given, Prepared
from core.mailing import email_addresses

Kind = Ban.Kind
NETWORK_KNOWN = timedelta(days=30)  # after a comment was written, the key of its network is destroyed

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_BEFORE_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?|\*?\.|www\.(?=.+\.)")


def email_key(email: str) -> bytes:
    """What a ban keeps of an address: the same for those that only a "+tag" or capital letters tell apart."""
    return salted_hmac("comments.moderation.banning", email_addresses.canonical(email), algorithm="sha256").digest()


def normal_domain(typed: str) -> str:
    """A domain as it is compared: in ASCII and lower case, also where a whole address was typed.

    Raises ValueError for what is none. A name without a dot is none, either: it would stand for half of the web.
    """
    rest = text_cleaning.tidy_line(typed).casefold()
    while found := _BEFORE_HOST.match(rest):
        rest = rest[found.end() :]
    host = re.split(r"[:/?#]", rest, maxsplit=1)[0].rstrip(".")
    domain = host.encode("idna").decode("ascii").lower()  # a UnicodeError is a ValueError
    if not _HOST.fullmatch(domain):
        raise ValueError(typed)
    return domain


def of_person(networks: Sequence[bytes], *emails: str) -> list[Ban]:
    """The bans in force of somebody who writes from a network, under all its names, with the e-mail that they typed and
    the one that they have proved: who types none is still known by that.
    """
    return list(Ban.objects.in_force().filter(_known(networks, *emails)))


class Met(NamedTuple):
    """A ban in force, as far as the rules ask for it."""

    kind: str
    mode: str
    value: str


@cache
def _met(networks: int, emails: int) -> Prepared[tuple[str, str, str]]:
    """The bans of words and domains, and those of a person with so many names and addresses."""

    def build() -> QuerySet[Ban, tuple[str, str, str]]:
        known = Q(kind__in=(Kind.WORD, Kind.DOMAIN))
        for kind, name, count in ((Kind.NETWORK, "network", networks), (Kind.EMAIL, "email", emails)):
            known |= Q(kind=kind, key__in=[Given(f"{name}{index}", BinaryField()) for index in range(count)])
        bans = Ban.objects.in_force(Given("now", DateTimeField())).filter(known).order_by("pk")
        return bans.values_list("kind", "mode", "value")

    return Prepared(build)


def _known(networks: Sequence[bytes], *emails: str) -> Q:
    known = Q(kind=Kind.NETWORK, key__in=networks)
    return known | Q(kind=Kind.EMAIL, key__in=[email_key(email) for email in {*emails} - {""}])


def of_writers(comments: Iterable[Comment]) -> dict[int, list[Ban]]:
    """The bans in force of those who wrote some comments, by the comment's number. One query."""
    names = {comment.pk: _names(comment) for comment in comments}
    keys = {key for known in names.values() for _kind, key in known}
    if not keys:
        return {pk: [] for pk in names}
    kinds = (Kind.NETWORK, Kind.EMAIL)
    found: dict[tuple[str, bytes], list[Ban]] = {}
    for ban in Ban.objects.in_force().filter(kind__in=kinds, key__in=keys).order_by("pk"):
        found.setdefault((ban.kind, bytes(ban.key or b"")), []).append(ban)
    return {pk: [ban for name in known for ban in found.get(name, [])] for pk, known in names.items()}


def find_for_rules(networks: Sequence[bytes], *emails: str) -> tuple[list[Met], list[Met]]:
    """The bans in force of whoever writes, as by `of_person`, and those of words and domains. One query for both."""
    networks_given = {f"network{index}": key for index, key in enumerate(networks)}
    emails_given = {f"email{index}": email_key(email) for index, email in enumerate({*emails} - {""})}
    ask = _met(len(networks_given), len(emails_given))
    found = [Met(*row) for row in ask(now=clock.now(), **networks_given, **emails_given)]
    words = [ban for ban in found if ban.kind in (Kind.WORD, Kind.DOMAIN)]
    return [ban for ban in found if ban.kind not in (Kind.WORD, Kind.DOMAIN)], words


def can_hold(comment: Comment) -> bool:
    """Whether anything is known by which its writer would be met again."""
    return any(kind == Kind.EMAIL or _network_ends(comment) > clock.now() for kind, _key in _names(comment))


@transaction.atomic
def hold_person(
    comment: Comment, *, by: User, mode: str = Ban.Mode.HOLD, until: datetime | None = None, reason: str = ""
) -> list[Ban]:
    """Hold, or refuse, whatever else comes from whoever wrote a comment; the bans that see to it.

    By the e-mail (a typed one only to be held) without end unless `until` says so; by the network for as long as it is
    known, which is at most thirty days from the comment. Empty where neither is known. Said again, it changes the bans
    that there are: nobody is banned twice.
    """
    Comment.objects.lock_thread(comment.path)  # of two clicks, the second finds the ban of the first
    bans = []
    for kind, key in _names(comment):
        if kind == Kind.EMAIL and mode == Ban.Mode.REFUSE and not comment.email_confirmed_at:
            continue  # typed by whoever wrote this: to refuse its owner could be what they want
        end = until if kind == Kind.EMAIL else _earlier(until, _network_ends(comment))
        if end is None or end > clock.now():
            bans.append(_ban(kind, key, comment, {"mode": mode, "until": end, "reason": reason, "created_by": by}))
    return bans


def lift(ban: Ban) -> None:
    """From now on nothing is held or refused because of it."""
    ban.delete()


def latest_end(ban: Ban) -> datetime | None:
    """When a ban has to end at the latest; None where it may last."""
    if ban.kind != Kind.NETWORK:
        return None
    return _network_ends(ban.comment) if ban.comment else ban.created_at + NETWORK_KNOWN


def _ban(kind: str, key: bytes, comment: Comment, columns: dict[str, object]) -> Ban:
    known = Ban.objects.filter(kind=kind, key=key).order_by("pk").first()
    if known is None:
        return Ban.objects.create(kind=kind, key=key, comment=comment, **columns)
    Ban.objects.filter(kind=kind, key=key).update(comment=comment, **columns)
    known.refresh_from_db()
    return known


def _names(comment: Comment) -> list[tuple[str, bytes]]:
    """By what the writer of a comment would be met again."""
    names: list[tuple[str, bytes]] = []
    if comment.email:
        names.append((Kind.EMAIL, email_key(comment.email)))
    if comment.network_key:
        names.append((Kind.NETWORK, bytes(comment.network_key)))
    return names


def _network_ends(comment: Comment) -> datetime:
    return comment.created_at + NETWORK_KNOWN


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return min(one, other) if one else other

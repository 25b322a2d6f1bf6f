"""Bans: writers, words and domains whose comments are held for a moderator or refused."""

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
WORD_KINDS = (Kind.WORD, Kind.DOMAIN)
NETWORK_KEY_LIFETIME = timedelta(days=30)  # from when the comment was written; then its network's key is destroyed

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_BEFORE_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?|\*?\.|www\.(?=.+\.)")


def email_key(email: str) -> bytes:
    """A keyed hash of an email. Emails that differ only in case or in a "+tag" have the same key."""
    return salted_hmac("comments.moderation.banning", email_addresses.canonical(email), algorithm="sha256").digest()


def normalize_domain(typed: str) -> str:
    """Return a domain in ASCII and lower case. Accepts a whole URL.

    Raises ValueError if the text is not a domain. A name without a dot is refused too: it would match half of the web.
    """
    rest = text_cleaning.clean_line(typed).casefold()
    while found := _BEFORE_HOST.match(rest):
        rest = rest[found.end() :]
    host = re.split(r"[:/?#]", rest, maxsplit=1)[0].rstrip(".")
    domain = host.encode("idna").decode("ascii").lower()  # a UnicodeError is a ValueError
    if not _HOST.fullmatch(domain):
        raise ValueError(typed)
    return domain


# --- Finding bans in force ------------------------------------------------------------------------------------------


class BanInForce(NamedTuple):
    """What the screening rules read of a ban."""

    kind: str
    mode: str
    value: str


def find_for_rules(network_keys: Sequence[bytes], *emails: str) -> tuple[list[BanInForce], list[BanInForce]]:
    """Return the bans in force of a writer, and all those of words and domains. One query.

    `network_keys` are all keys of the writer's network. `emails` are the typed and the proved one, each may be empty:
    a writer who types none is still recognised by the proved one.
    """
    networks = {f"network{index}": key for index, key in enumerate(network_keys)}
    keys = {f"email{index}": email_key(email) for index, email in enumerate({*emails} - {""})}
    query = _bans_in_force(len(networks), len(keys))
    found = [BanInForce(*row) for row in query(now=clock.now(), **networks, **keys)]
    of_writer = [ban for ban in found if ban.kind not in WORD_KINDS]
    return of_writer, [ban for ban in found if ban.kind in WORD_KINDS]


@cache
def _bans_in_force(networks: int, emails: int) -> Prepared[tuple[str, str, str]]:
    """The query for the bans of words and domains, and of a writer with this many network keys and emails."""

    def build() -> QuerySet[Ban, tuple[str, str, str]]:
        wanted = Q(kind__in=WORD_KINDS)
        for kind, name, count in ((Kind.NETWORK, "network", networks), (Kind.EMAIL, "email", emails)):
            wanted |= Q(kind=kind, key__in=[Given(f"{name}{index}", BinaryField()) for index in range(count)])
        bans = Ban.objects.in_force(Given("now", DateTimeField())).filter(wanted).order_by("pk")
        return bans.values_list("kind", "mode", "value")

    return Prepared(build)


def find_by_comment(comments: Iterable[Comment]) -> dict[int, list[Ban]]:
    """Return the bans in force of the writers of comments, by primary key of the comment. One query."""
    keys_by_comment = {comment.pk: _writer_keys(comment) for comment in comments}
    keys = {key for writer_keys in keys_by_comment.values() for _kind, key in writer_keys}
    if not keys:
        return {pk: [] for pk in keys_by_comment}
    kinds = (Kind.NETWORK, Kind.EMAIL)
    found: dict[tuple[str, bytes], list[Ban]] = {}
    for ban in Ban.objects.in_force().filter(kind__in=kinds, key__in=keys).order_by("pk"):
        found.setdefault((ban.kind, bytes(ban.key or b"")), []).append(ban)
    return {
        pk: [ban for each in writer_keys for ban in found.get(each, [])] for pk, writer_keys in keys_by_comment.items()
    }


# --- Banning a writer -----------------------------------------------------------------------------------------------


def can_ban_writer(comment: Comment) -> bool:
    """Whether anything is stored by which later comments of the same writer would be recognised."""
    return any(kind == Kind.EMAIL or _network_end(comment) > clock.now() for kind, _key in _writer_keys(comment))


@transaction.atomic
def ban_writer(
    comment: Comment, *, by: User, mode: str = Ban.Mode.HOLD, until: datetime | None = None, reason: str = ""
) -> list[Ban]:
    """Hold or refuse all further comments of the writer of a comment; returns the bans.

    A ban by email lasts until `until`, or without end. An email that was only typed is held, never refused. A ban by
    network lasts at most as long as the network's key. Empty if neither is known. Changes the bans that exist already:
    nobody is banned twice.
    """
    Comment.objects.lock_thread(comment.path)  # of two clicks, the second finds the ban of the first
    bans = []
    for kind, key in _writer_keys(comment):
        if kind == Kind.EMAIL and mode == Ban.Mode.REFUSE and not comment.email_confirmed_at:
            continue  # the writer typed it: it may belong to somebody whom they want to be refused
        end = until if kind == Kind.EMAIL else _earlier(until, _network_end(comment))
        if end is None or end > clock.now():
            bans.append(_store(kind, key, comment, {"mode": mode, "until": end, "reason": reason, "created_by": by}))
    return bans


def lift(ban: Ban) -> None:
    """End a ban now."""
    ban.delete()


def latest_end(ban: Ban) -> datetime | None:
    """When a ban has to end at the latest; None if it may last without end."""
    if ban.kind != Kind.NETWORK:
        return None
    return _network_end(ban.comment) if ban.comment else ban.created_at + NETWORK_KEY_LIFETIME


def _store(kind: str, key: bytes, comment: Comment, columns: dict[str, object]) -> Ban:
    existing = Ban.objects.filter(kind=kind, key=key).order_by("pk").first()
    if existing is None:
        return Ban.objects.create(kind=kind, key=key, comment=comment, **columns)
    Ban.objects.filter(kind=kind, key=key).update(comment=comment, **columns)
    existing.refresh_from_db()
    return existing


def _writer_keys(comment: Comment) -> list[tuple[str, bytes]]:
    """The kinds and keys by which later comments of the same writer would be recognised."""
    keys: list[tuple[str, bytes]] = []
    if comment.email:
        keys.append((Kind.EMAIL, email_key(comment.email)))
    if comment.network_key:
        keys.append((Kind.NETWORK, bytes(comment.network_key)))
    return keys


def _network_end(comment: Comment) -> datetime:
    return comment.created_at + NETWORK_KEY_LIFETIME


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return min(one, other) if one else other

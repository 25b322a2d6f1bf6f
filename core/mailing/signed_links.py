"""Tokens for links in emails: primary keys and the time of creation, with a signature.

Tokens are stored nowhere, so nobody can steal them from the database: they are created while an email is composed. A
token is valid for one purpose only, and names rows instead of containing an email address.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.core import signing

from core import clock


class Purpose(StrEnum):
    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    ACCESS = "access"


def create(purpose: Purpose, numbers: Sequence[int]) -> str:
    """Return a token that contains `numbers`, in characters that neither URLs nor mail programs break."""
    return _signer(purpose).sign_object([int(clock.now().timestamp()), *numbers])


def read(purpose: Purpose, token: str, *, max_age: timedelta | None = None) -> list[int] | None:
    """Return the numbers in a token, or None if it is forged, made for another purpose, or older than `max_age`."""
    try:
        created, *numbers = _signer(purpose).unsign_object(token)
    except (signing.BadSignature, ValueError):  # ValueError: characters that cannot be decoded
        return None
    if max_age is not None and clock.now() > datetime.fromtimestamp(created, UTC) + max_age:
        return None
    return list(numbers)


def _signer(purpose: Purpose) -> signing.Signer:
    return signing.Signer(sep=".", salt=f"core.mailing.signed_links.{purpose}")

"""What opens a page that was mailed: numbers of rows, the moment they were mailed, and our signature.

Nothing is stored, so nothing can be stolen from the database: a token is made while its mail is made, and whoever has
the mail has it. It is good for one purpose only, and names rows instead of holding an address.
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


def mint(purpose: Purpose, numbers: Sequence[int]) -> str:
    """A token that gives `numbers` back, made of characters that no mail program and no address takes apart."""
    return _signer(purpose).sign_object([int(clock.now().timestamp()), *numbers])


def read(purpose: Purpose, token: str, *, max_age: timedelta | None = None) -> list[int] | None:
    """The numbers that were minted into it; None for what we never minted for this purpose, or longer ago."""
    try:
        minted, *numbers = _signer(purpose).unsign_object(token)
    except (signing.BadSignature, ValueError):  # the second for what no address can hold
        return None
    if max_age is not None and clock.now() > datetime.fromtimestamp(minted, UTC) + max_age:
        return None
    return list(numbers)


def _signer(purpose: Purpose) -> signing.Signer:
    return signing.Signer(sep=".", salt=f"core.mailing.signed_links.{purpose}")

"""Ids of comments: ordered by time, created by this module, and short enough to be read out."""

import secrets
from datetime import UTC, datetime, timedelta

from blog.models.fields import ALPHABET
from core import clock

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
RANDOM_BITS = 12
ONE_SECOND = 1000 << RANDOM_BITS
LIMIT = 1 << 53  # 41 bits of milliseconds last until 2089, and an integer below 2**53 is exact in JavaScript
PUBLIC_LENGTH = 11  # characters of 5 bits
SEGMENT_LENGTH = 7  # bytes
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_LOOK_ALIKES = str.maketrans("ilo", "110")
_latest = 0


def new_id() -> int:
    """Return an id below 2**53 for a comment written now, higher than all that this process created in the last second.

    Two processes that create an id in the same millisecond get the same one once in 4096 times: then try again.
    """
    global _latest
    milliseconds = (clock.now() - EPOCH) // MILLISECOND
    id = milliseconds << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
    if 0 <= _latest - id < ONE_SECOND:  # if the difference is larger, the clock was set back
        id = _latest + 1
    _latest = id
    return id


def creation_time(id: int) -> datetime:
    """Return when an id was created, to the millisecond."""
    return EPOCH + (id >> RANDOM_BITS) * MILLISECOND


def encode(id: int) -> str:
    """Return the public form of an id: eleven characters of Crockford's base 32."""
    pairs = "".join([PAIRS[id >> shift & 1023] for shift in range(5 * (PUBLIC_LENGTH - 3), -1, -10)])
    return ALPHABET[id >> 5 * (PUBLIC_LENGTH - 1) & 31] + pairs


def decode(public_id: str) -> int:
    """Return the id of a public form, typed in either case and with i, l or o for 1, 1 and 0.

    Raises ValueError for everything that `encode` cannot have returned.
    """
    if len(public_id) != PUBLIC_LENGTH:
        raise ValueError("The id of a comment has eleven characters.")
    id = 0
    for character in public_id.lower().translate(_LOOK_ALIKES):
        id = id << 5 | ALPHABET.index(character)
    if id >= LIMIT:
        raise ValueError("The id of a comment is below 2**53.")
    return id


def segment(id: int) -> bytes:
    """Return what a comment adds to its parent's path. Never cut it: then replies would stand under other comments."""
    return id.to_bytes(SEGMENT_LENGTH, "big")


class PublicIdConverter:
    """``<comment:pk>`` in a URL pattern."""

    regex = r"[0-9A-Za-z]{11}"

    def to_python(self, value: str) -> int:
        return decode(value)

    def to_url(self, value: int) -> str:
        return encode(value)

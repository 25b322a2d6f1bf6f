"""The numbers of comments: time-ordered, minted here, and short enough to be read out."""

import secrets
from datetime import UTC, datetime, timedelta

from blog.models.fields import ALPHABET
from core import clock

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
RANDOM_BITS = 12
A_SECOND = 1000 << RANDOM_BITS
LIMIT = 1 << 53  # 41 bits of milliseconds reach to 2089, and a number below 2**53 is exact in JavaScript
PUBLIC_LENGTH = 11  # characters of 5 bits
SEGMENT_LENGTH = 7  # bytes
PAIRS = [one + two for one in ALPHABET for two in ALPHABET]
_LOOK_ALIKES = str.maketrans("ilo", "110")
_latest = 0


def mint() -> int:
    """A number below 2**53 for a comment made now, above those that this process minted in the second before.

    Those of two processes clash once in 4096 where they are made in one millisecond: then mint again.
    """
    global _latest
    milliseconds = (clock.now() - EPOCH) // MILLISECOND
    number = milliseconds << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
    if 0 <= _latest - number < A_SECOND:  # more than that, and the clock was set back
        number = _latest + 1
    _latest = number
    return number


def moment(number: int) -> datetime:
    """When a number was minted, to the millisecond."""
    return EPOCH + (number >> RANDOM_BITS) * MILLISECOND


def encode(number: int) -> str:
    """The public form of a number: eleven characters of Crockford's base 32."""
    pairs = "".join([PAIRS[number >> shift & 1023] for shift in range(5 * (PUBLIC_LENGTH - 3), -1, -10)])
    return ALPHABET[number >> 5 * (PUBLIC_LENGTH - 1) & 31] + pairs


def decode(public_id: str) -> int:
    """The number behind a public form, typed in either case and with i, l or o for 1, 1 and 0.

    Raises ValueError for everything that `encode` cannot have made.
    """
    if len(public_id) != PUBLIC_LENGTH:
        raise ValueError("The id of a comment has eleven characters.")
    number = 0
    for character in public_id.lower().translate(_LOOK_ALIKES):
        number = number << 5 | ALPHABET.index(character)
    if number >= LIMIT:
        raise ValueError("The id of a comment is below 2**53.")
    return number


def segment(number: int) -> bytes:
    """What a comment adds to its parent's path. Whole, never cut: a cut one puts replies under strangers."""
    return number.to_bytes(SEGMENT_LENGTH, "big")


class PublicIdConverter:
    """``<comment:number>`` in an address."""

    regex = r"[0-9A-Za-z]{11}"

    def to_python(self, value: str) -> int:
        return decode(value)

    def to_url(self, value: int) -> str:
        return encode(value)

"""Range requests, which players send when somebody seeks (RFC 9110, section 14).

Django does not support them, and the packages that add support have not been maintained for years.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.core.files.base import File

CHUNK = 64 * 1024  # bytes
# Bytes of the response to a range without an end. A paused player stops reading, and a longer response would then block
# a thread of the server: five such players stopped a whole site. The buffers of two sockets hold this much; the player
# requests the rest afterwards.
MAX_OPEN_RANGE = 2 * 1024 * 1024
MAX_HEADER = 100  # characters: two numbers of nineteen digits and room to spare
ONE_RANGE = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.ASCII | re.IGNORECASE)


class RangeNotSatisfiable(Exception):
    """The file has no byte in the requested range."""


@dataclass(frozen=True)
class ByteRange:
    """The bytes from `start` up to, but not including, `end`."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def is_long(self) -> bool:
        return len(self) > MAX_OPEN_RANGE

    def shortened(self) -> "ByteRange":
        """The beginning of this range. A server may answer with less than was requested (section 15.3.7)."""
        return ByteRange(self.start, min(self.end, self.start + MAX_OPEN_RANGE))


def parse_range(header: str, size: int) -> ByteRange | None:
    """The range that a `Range` header requests of a file of `size` bytes, or None for the whole file.

    A server may always send the whole file, and must do so if it does not understand the header. We also do it for
    several ranges: no player requests them, only attackers want a body of many parts, and the first range alone would
    not be what was requested. Raises RangeNotSatisfiable.
    """
    match = ONE_RANGE.fullmatch(header) if len(header) <= MAX_HEADER else None
    first, last = match.groups() if match else ("", "")
    if not first and not last:
        return None
    if not first:
        found = ByteRange(max(0, size - int(last)), size)  # the last bytes of the file
    elif last and int(last) < int(first):
        return None
    else:
        found = ByteRange(int(first), min(int(last) + 1, size) if last else size)
    if found.start >= found.end:
        raise RangeNotSatisfiable
    return found if last else found.shortened()


class RangeReader(Iterator[bytes]):
    """The bytes of an open file in `byte_range`, in chunks. `close` closes the file and calls `on_close`."""

    def __init__(self, file: File[bytes], byte_range: ByteRange, on_close: Callable[[], None] = lambda: None) -> None:
        self._file = file
        self._left = len(byte_range)
        self._on_close = on_close
        self._is_open = True
        if byte_range.start:
            file.seek(byte_range.start)

    def __next__(self) -> bytes:
        chunk: bytes = self._file.read(min(CHUNK, self._left))
        if not chunk:
            raise StopIteration
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._file.close()
            self._on_close()

    def __del__(self) -> None:
        self.close()  # not every server closes the response when the client disconnects

"""A part of a file, as players ask for it when somebody seeks (RFC 9110, section 14).

Django has nothing for it, and the packages that add it have not been looked after for years.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.core.files.base import File

CHUNK = 64 * 1024  # bytes
# Bytes of a part that is asked for without an end. A player that is paused reads no further, and with a longer answer a
# thread of the server would wait for it: five such players brought a whole site to a stop. This much the buffers of two
# sockets take; the player asks again for what follows.
LONGEST_PART = 2 * 1024 * 1024
LONGEST_HEADER = 100  # characters: two numbers of nineteen digits and room to spare
ONE_RANGE = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(Exception):
    """The file has no byte of what was asked for."""


@dataclass(frozen=True)
class Span:
    """The bytes from `start` up to, and without, `end`."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def is_long(self) -> bool:
        return len(self) > LONGEST_PART

    def shortened(self) -> "Span":
        """A part of this part, which is an answer, too (section 15.3.7)."""
        return Span(self.start, min(self.end, self.start + LONGEST_PART))


def asked_for(header: str, size: int) -> Span | None:
    """What the header `Range` asks of a file of `size` bytes, or None where the whole is the answer.

    The whole is what a server may always send, and what it has to where it does not understand. We take several
    ranges at once for that, too: no player sends them, a body of many parts is what only attackers ask for, and the
    first part alone would not be what was asked. Raises Unsatisfiable.
    """
    match = ONE_RANGE.fullmatch(header) if len(header) <= LONGEST_HEADER else None
    first, last = match.groups() if match else ("", "")
    if not first and not last:
        return None
    if not first:
        span = Span(max(0, size - int(last)), size)  # the last so many bytes
    elif last and int(last) < int(first):
        return None
    else:
        span = Span(int(first), min(int(last) + 1, size) if last else size)
    if span.start >= span.end:
        raise Unsatisfiable
    return span if last else span.shortened()


class Part(Iterator[bytes]):
    """The bytes of an open file in `span`, a chunk at a time. Closing the part closes the file, and calls `done`."""

    def __init__(self, file: File[bytes], span: Span, done: Callable[[], None] = lambda: None) -> None:
        self._file = file
        self._left = len(span)
        self._done = done
        self._is_open = True
        if span.start:
            file.seek(span.start)

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
            self._done()

    def __del__(self) -> None:
        self.close()  # of a reader who is gone not every server tells

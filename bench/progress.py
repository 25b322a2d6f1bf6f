"""Progress messages."""

import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
STARTED = time.monotonic()


def say(sentence: str) -> None:
    """Print a line with the seconds since the start to stderr, because stdout is for results."""
    sys.stderr.write(f"[{time.monotonic() - STARTED:5.0f} s] {sentence}\n")
    sys.stderr.flush()


def in_chunks(items: Iterable[Item], size: int, *, total: int, what: str) -> Iterator[list[Item]]:
    """Yield lists of up to `size` items and report progress every five seconds."""
    iterator, done, reported_at = iter(items), 0, time.monotonic()
    while chunk := list(islice(iterator, size)):
        yield chunk
        done += len(chunk)
        if time.monotonic() - reported_at > 5:
            reported_at = time.monotonic()
            say(f"  {what}: {done:,} of {total:,}")

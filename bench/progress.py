"""What a person sees while it takes its time."""

import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
STARTED = time.monotonic()


def say(sentence: str) -> None:
    """A line with the seconds since the start; on stderr, since stdout is for results."""
    sys.stderr.write(f"[{time.monotonic() - STARTED:5.0f} s] {sentence}\n")
    sys.stderr.flush()


def in_chunks(items: Iterable[Item], size: int, *, total: int, what: str) -> Iterator[list[Item]]:
    """Lists of up to `size` items; says now and then how many there were."""
    iterator, done, told = iter(items), 0, time.monotonic()
    while chunk := list(islice(iterator, size)):
        yield chunk
        done += len(chunk)
        if time.monotonic() - told > 5:
            told = time.monotonic()
            say(f"  {what}: {done:,} of {total:,}")

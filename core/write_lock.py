"""Short transactions that write, one after the other.

SQLite has one writer at a time, and whoever finds the place taken looks again after 1, 2, 5, 10, 15 … milliseconds: of
eight that want to write for half a millisecond each, most sleep while nobody writes. Threads that wait for each other
here go on at once.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_TURN = threading.Lock()


@contextmanager
def short_write() -> Iterator[None]:
    """Like `transaction.atomic`, for what is done within milliseconds and waits for nothing but the database."""
    # Whoever is in a transaction already may have SQLite's own lock: they must not wait for one who waits for that.
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            yield
    else:
        with _TURN, transaction.atomic():
            yield

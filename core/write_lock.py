"""Serialises short write transactions within a process.

SQLite has one writer at a time, and a transaction that finds the lock taken tries again after 1, 2, 5, 10, 15 …
milliseconds. Of eight threads that want to write for half a millisecond each, most sleep while nobody writes. Threads
that wait for each other on this lock continue at once.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_LOCK = threading.Lock()


@contextmanager
def short_write() -> Iterator[None]:
    """Like `transaction.atomic`, for a transaction of milliseconds that waits for nothing but the database."""
    # A thread that is already in a transaction may hold SQLite's own lock. It must not wait here for a thread that is
    # waiting for that lock.
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            yield
    else:
        with _LOCK, transaction.atomic():
            yield

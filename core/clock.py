"""The one clock. What is public depends on it, so the tests must be able to move it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone

_source: Callable[[], datetime] = timezone.now


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _source()


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Stop the clock of this process at an aware `moment`."""
    global _source
    before, _source = _source, lambda: moment
    try:
        yield
    finally:
        _source = before

"""The one clock of the site. What is public depends on the time, so tests must be able to set it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone

_source: Callable[[], datetime] = timezone.now


def now() -> datetime:
    """The current time, aware, in UTC."""
    return _source()


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Stop the clock of this process at `moment`, an aware datetime."""
    global _source
    previous, _source = _source, lambda: moment
    try:
        yield
    finally:
        _source = previous

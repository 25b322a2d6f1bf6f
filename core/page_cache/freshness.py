"""What a process knows of changes: which tags were invalidated when, and when pages next change by the clock.

A process *polls* the change log at most once a second, and at once after a request that may have written something.
Polls are numbered. A page is stamped with the number of the latest poll when its view began, a tag with the number of
the poll that found it invalidated. A page is fresh as long as its stamp is not lower than that of any of its tags. If a
change is committed while a page is being made, the page has a lower stamp, and is never served.
"""

import logging
import secrets
import threading
import time
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import Error, connection

from core import clock
from core.extension_points import NEXT_CHANGES
from core.page_cache.change_log import EVERYTHING, Change, ChangeLog

POLL_SECONDS = 1.0
OUTAGE_SECONDS = 10.0  # how long stored pages are served while the database cannot be polled
DAY_SECONDS = 86_400
LOG_RETENTION = timedelta(hours=1)  # a process that has not polled for half of that may have missed changes
MAX_TAGS = 50_000  # remembered by a process; beyond that, it treats everything as invalidated
CLOCK_TOLERANCE = timedelta(seconds=1)  # setting the clock back by less than that shows nothing too early

log = logging.getLogger(__name__)


class Freshness:
    """Shared by the threads of one process."""

    def __init__(self) -> None:
        self.number = 0  # of the latest poll
        self.instance = secrets.token_hex(4)  # tells its poll numbers apart from those of other instances
        self.shared_seconds = 0  # how long a shared cache may hold a page, because nothing changes by the clock
        self._invalidated_at: dict[str, int] = {}  # the poll that found each tag invalidated
        self._hard_invalidated_at: dict[str, int] = {}  # the same for changes that may have removed something
        self._change_log = ChangeLog()
        self._lock = threading.Lock()
        self._polled_at = self._tried_at = float("-inf")  # when the latest poll began: one that succeeded, and any
        self._requested = self._completed = 0  # polls that were requested, and how many of these are done
        self._valid_until = float("-inf")  # of the latest poll; earlier if the clock changes a page before the next
        self._next_change: datetime | None = None
        self._latest_moment = clock.now()

    def poll_soon(self) -> None:
        """Have the next request poll first, because this process may just have changed something."""
        self._requested += 1

    def refresh(self) -> bool:
        """Poll if it is time. Return False if the latest poll is too old to serve any page."""
        if self._is_current():
            return True
        # With a timeout, so that no request waits for a database that does not answer.
        if self._lock.acquire(timeout=POLL_SECONDS):
            try:
                self._catch_up()
            finally:
                self._lock.release()
        return time.monotonic() - self._polled_at < OUTAGE_SECONDS

    def is_fresh(self, stamp: int, tags: Collection[str]) -> bool:
        """Whether nothing has changed since a page with this stamp and these tags was made."""
        return _is_newer(stamp, tags, self._invalidated_at)

    def may_serve_stale(self, stamp: int, tags: Collection[str]) -> bool:
        """Whether such a page shows nothing that was removed since, though it may lack what was added."""
        return _is_newer(stamp, tags, self._hard_invalidated_at)

    def invalidated_at(self, tags: Collection[str]) -> int:
        """The number of the latest poll that found one of the tags, or everything, invalidated."""
        return max(self._invalidated_at.get(tag, 0) for tag in (EVERYTHING, *tags))

    def _is_current(self) -> bool:
        return time.monotonic() < self._valid_until and self._requested == self._completed

    def _catch_up(self) -> None:
        if self._is_current():
            return  # another thread has polled meanwhile
        if self._clock_has_moved():
            self._record([(EVERYTHING, True)])
        if time.monotonic() - self._tried_at >= POLL_SECONDS or self._requested != self._completed:
            self._poll()

    def _clock_has_moved(self) -> bool:
        """Whether the clock has passed a moment at which pages change, was set back, or jumped forward.

        It jumps when the machine has slept, during which the monotonic clock stands still.
        """
        now, previous = clock.now(), self._latest_moment
        if now + CLOCK_TOLERANCE < previous:
            return True
        self._latest_moment = max(now, previous)
        if now - previous > LOG_RETENTION / 2:
            return True
        return self._next_change is not None and now >= self._next_change

    def _poll(self) -> None:
        began, now, requested = time.monotonic(), clock.now(), self._requested
        self._tried_at, self._completed = began, requested
        try:
            changes = self._change_log.read_new()
            next_change = min(filter(None, (next_of(now) for next_of in NEXT_CHANGES)), default=None)
        except Error as error:
            log.warning("The database did not say what has changed: %s", error)
            connection.close()
            return
        if began - self._polled_at > LOG_RETENTION.total_seconds() / 2:
            changes = [(EVERYTHING, True)]
        self._record(changes)
        self._next_change, self._latest_moment, self._polled_at = next_change, now, began
        quiet_seconds = (next_change - now).total_seconds() if next_change else float("inf")
        self._valid_until = began + min(POLL_SECONDS, quiet_seconds)
        self.shared_seconds = int(min(DAY_SECONDS, max(0, quiet_seconds - POLL_SECONDS)))

    def _record(self, changes: Iterable[Change]) -> None:
        number = self.number + 1
        if len(self._invalidated_at) > MAX_TAGS:
            # Replaced in one step, because another thread may be comparing a page with them.
            self._invalidated_at, self._hard_invalidated_at = {EVERYTHING: number}, {EVERYTHING: number}
        for tags, is_hard in changes:
            for tag in tags.split():
                self._invalidated_at[tag] = number
                if is_hard:
                    self._hard_invalidated_at[tag] = number
        self.number = number  # last, so that a page which begins meanwhile gets a stamp too low rather than too high


def _is_newer(stamp: int, tags: Collection[str], invalidated_at: dict[str, int]) -> bool:
    return stamp >= invalidated_at.get(EVERYTHING, 0) and all(stamp >= invalidated_at.get(tag, 0) for tag in tags)

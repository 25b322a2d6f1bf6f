"""What a process knows of changes: which tags were bumped since when, and when the clock changes a page by itself.

A process *looks* at the notes of the database at most once a second, and at once after a request that may have written
something. Looks are counted. A page is stamped with the number of the look before its view began, a tag with that of
the look which found it bumped; so a page is good as long as its stamp is no older than any of its tags. A page that was
in the making while a change was committed has an older stamp, and is never served.
"""

import logging
import threading
import time
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import Error, connection

from core import clock
from core.extension_points import NEXT_CHANGES
from core.page_cache.change_log import EVERYTHING, Change, ChangeLog

POLL_SECONDS = 1.0
BLIND_SECONDS = 10.0  # while the database cannot be asked, pages of before are served for this long
DAY_SECONDS = 86_400
LOG_RETENTION = timedelta(hours=1)  # who has not looked for half of that may have missed some
MOST_TAGS = 50_000  # that are remembered; beyond, everything counts as bumped
SLACK = timedelta(seconds=1)  # a clock that is put right by less shows nothing too early

log = logging.getLogger(__name__)


class Freshness:
    """Shared by the threads of one process."""

    def __init__(self) -> None:
        self.number = 0  # of the latest look
        self.shared_seconds = 0  # for how long nothing will change by itself, and a shared cache may hold a page
        self._bumped: dict[str, int] = {}
        self._bumped_hard: dict[str, int] = {}
        self._change_log = ChangeLog()
        self._lock = threading.Lock()
        self._looked_at = self._tried_at = float("-inf")  # when a look began: one that succeeded, and any
        self._wanted = self._had = 0  # looks that were asked for, and how many of these were over
        self._good_until = float("-inf")  # what is known; it ends early where the clock changes a page meanwhile
        self._next_change: datetime | None = None
        self._latest_moment = clock.now()

    def poll_soon(self) -> None:
        """This process may just have changed something: the next page waits until that is known."""
        self._wanted += 1

    def is_known(self) -> bool:
        """Bring what is known up to date; False where it is too old to serve a page by it."""
        if time.monotonic() < self._good_until and self._wanted == self._had:
            return True
        # Who cannot get hold of it does not wait for a database that does not answer.
        if self._lock.acquire(timeout=POLL_SECONDS):
            try:
                self._catch_up()
            finally:
                self._lock.release()
        return time.monotonic() - self._looked_at < BLIND_SECONDS

    def covers(self, stamp: int, tags: Collection[str]) -> bool:
        """Whether a page of this `stamp` still is as it would be made now."""
        return _is_newer(stamp, tags, self._bumped)

    def may_stand_in(self, stamp: int, tags: Collection[str]) -> bool:
        """Whether such a page shows nothing that was taken away since, though it may lack what is new."""
        return _is_newer(stamp, tags, self._bumped_hard)

    def _catch_up(self) -> None:
        if time.monotonic() < self._good_until and self._wanted == self._had:
            return  # somebody else was faster
        if self._clock_has_moved():
            self._note([(EVERYTHING, True)])
        if time.monotonic() - self._tried_at >= POLL_SECONDS or self._wanted != self._had:
            self._poll()

    def _clock_has_moved(self) -> bool:
        """Whether it has passed a moment at which pages change, was set back, or ran on while this machine slept: the
        one that only moves forward stands still meanwhile.
        """
        now, before = clock.now(), self._latest_moment
        if now + SLACK < before:
            return True
        self._latest_moment = max(now, before)
        if now - before > LOG_RETENTION / 2:
            return True
        return self._next_change is not None and now >= self._next_change

    def _poll(self) -> None:
        began, now, wanted = time.monotonic(), clock.now(), self._wanted
        self._tried_at, self._had = began, wanted
        try:
            found = self._change_log.new()
            next_change = min(filter(None, (ask(now) for ask in NEXT_CHANGES)), default=None)
        except Error as error:
            log.warning("The database did not say what has changed: %s", error)
            connection.close()
            return
        if began - self._looked_at > LOG_RETENTION.total_seconds() / 2:
            found = [(EVERYTHING, True)]
        self._note(found)
        self._next_change, self._latest_moment, self._looked_at = next_change, now, began
        quiet = (next_change - now).total_seconds() if next_change else float("inf")
        self._good_until = began + min(POLL_SECONDS, quiet)
        self.shared_seconds = int(min(DAY_SECONDS, max(0, quiet - POLL_SECONDS)))

    def _note(self, found: Iterable[Change]) -> None:
        number = self.number + 1
        if len(self._bumped) > MOST_TAGS:
            # At no moment without it: a page might be compared meanwhile.
            self._bumped, self._bumped_hard = {EVERYTHING: number}, {EVERYTHING: number}
        for tags, hard in found:
            for tag in tags.split():
                self._bumped[tag] = number
                if hard:
                    self._bumped_hard[tag] = number
        self.number = number  # last: a page that begins meanwhile is stamped too old, not too new


def _is_newer(stamp: int, tags: Collection[str], bumped: dict[str, int]) -> bool:
    return stamp >= bumped.get(EVERYTHING, 0) and all(stamp >= bumped.get(tag, 0) for tag in tags)

"""Has a cache in front of the site forget its pages, where the operator has said how: PURGE_COMMAND.

It is told whenever something may have been taken away, and once at the start, since nobody knows what was noted before.
New comments may wait until the copies are too old, and where the clock takes something away, no copy outlives that.
"""

import logging
import subprocess
import threading
import time
from collections.abc import Sequence

from django.db import Error, connection

from core.page_cache.change_log import ChangeLog
from core.page_cache.freshness import POLL_SECONDS

SETTLE_SECONDS = POLL_SECONDS + 0.5  # then every process knows, and gives the cache no page of before any more
AGAIN_SECONDS = 10.0  # after a failure
PATIENCE_SECONDS = 60.0

log = logging.getLogger(__name__)


class Purger:
    """Looks for what was taken away, and runs the command. All moments are those of `time.monotonic`."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._change_log = ChangeLog()
        self._has_seen_all = False
        self._due_at: float | None = None
        self._known_at = float("-inf")  # when every process will know the latest of what was taken away

    def poll(self, now: float) -> None:
        if self._was_taken_away():
            self._known_at = now + SETTLE_SECONDS
            self._due_at = self._due_at or self._known_at
        if self._due_at is None or now < self._due_at:
            return
        if not self._purge():
            self._due_at = now + AGAIN_SECONDS
        else:
            self._due_at = self._known_at if self._known_at > now else None

    def _was_taken_away(self) -> bool:
        """Whether anything may have been, since the last time that the database could be asked."""
        try:
            found = self._change_log.new()
        except Error:  # the worker beside us says so
            connection.close()
            self._has_seen_all = False
            return False
        is_known, self._has_seen_all = self._has_seen_all, True
        return not is_known or any(hard for _tags, hard in found)

    def _purge(self) -> bool:
        """Its output is left to the log; it may be told a secret, so the command itself is not."""
        try:
            code = subprocess.run(self._command, stdin=subprocess.DEVNULL, timeout=PATIENCE_SECONDS).returncode  # noqa: S603
            problem = f"it ended with {code}" if code else ""
        except (OSError, subprocess.TimeoutExpired) as error:
            problem = type(error).__name__
        if problem:
            log.error("PURGE_COMMAND failed (%s): trying again in %.0f seconds.", problem, AGAIN_SECONDS)
        return not problem


def run_forever(command: Sequence[str], stop: threading.Event) -> None:
    """Purge whenever it is needed until `stop` is set."""
    purger = Purger(command)
    while not stop.wait(POLL_SECONDS / 2):
        purger.poll(time.monotonic())
    connection.close()

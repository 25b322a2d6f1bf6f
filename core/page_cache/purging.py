"""Purges a cache in front of the site with the operator's PURGE_COMMAND.

The command runs whenever something may have been removed, and once at the start, because nobody knows what was removed
before. New comments may wait until the copies in that cache expire. When the clock removes something, no copy outlives
it.
"""

import logging
import subprocess
import threading
import time
from collections.abc import Sequence

from django.db import Error, connection

from core.page_cache.change_log import ChangeLog
from core.page_cache.freshness import POLL_SECONDS

SETTLE_SECONDS = POLL_SECONDS + 0.5  # by then every process has polled, and gives the cache no stale page any more
RETRY_SECONDS = 10.0
TIMEOUT_SECONDS = 60.0

log = logging.getLogger(__name__)


class Purger:
    """Polls the change log and runs the command. All moments are those of `time.monotonic`."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._change_log = ChangeLog()
        self._log_is_complete = False
        self._due_at: float | None = None
        self._known_at = float("-inf")  # when every process will know of the latest removal

    def poll(self, now: float) -> None:
        """Read the change log, and purge if it is time."""
        if self._was_something_removed():
            self._known_at = now + SETTLE_SECONDS
            self._due_at = self._due_at or self._known_at
        if self._due_at is None or now < self._due_at:
            return
        if not self._purge():
            self._due_at = now + RETRY_SECONDS
        else:
            self._due_at = self._known_at if self._known_at > now else None

    def _was_something_removed(self) -> bool:
        """Whether something may have been removed since the last successful read of the log."""
        try:
            changes = self._change_log.read_new()
        except Error:  # the worker in the main thread logs it
            connection.close()
            self._log_is_complete = False
            return False
        was_complete, self._log_is_complete = self._log_is_complete, True
        return not was_complete or any(is_hard for _tags, is_hard in changes)

    def _purge(self) -> bool:
        """Run the command. Its output goes to the log; the command itself does not, because it may hold a secret."""
        try:
            code = subprocess.run(self._command, stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS).returncode  # noqa: S603
            problem = f"it ended with {code}" if code else ""
        except (OSError, subprocess.TimeoutExpired) as error:
            problem = type(error).__name__
        if problem:
            log.error("PURGE_COMMAND failed (%s); trying again in %.0f seconds.", problem, RETRY_SECONDS)
        return not problem


def run_forever(command: Sequence[str], stop: threading.Event) -> None:
    """Purge whenever it is needed until `stop` is set."""
    purger = Purger(command)
    while not stop.wait(POLL_SECONDS / 2):
        purger.poll(time.monotonic())
    connection.close()

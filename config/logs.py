"""How a line of the log is written, and what must not stand in it."""

import logging
import re

_MAILED = re.compile(r"/(grant|comments/(?:confirm-address|unsubscribe|yours))/[^/\s?\"']+", re.IGNORECASE)


class LineFormatter(logging.Formatter):
    """Cuts out what opens somebody's own page: Django logs the address of every request that it refuses."""

    def format(self, record: logging.LogRecord) -> str:
        return _MAILED.sub(r"/\1/…", super().format(record))

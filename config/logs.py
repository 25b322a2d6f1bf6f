"""How a line of the log is written, and what must not stand in it."""

import logging
import re

_GRANT = re.compile(r"/grant/[^/\s?\"']+", re.IGNORECASE)


class LineFormatter(logging.Formatter):
    """Cuts out what opens an author's page: Django logs the address of every request that it refuses."""

    def format(self, record: logging.LogRecord) -> str:
        return _GRANT.sub("/grant/…", super().format(record))

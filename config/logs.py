"""The format of log lines."""

import logging
import re

_MAILED_LINK = re.compile(r"/(grant|comments/(?:confirm-address|unsubscribe|yours))/[^/\s?\"']+", re.IGNORECASE)


class LineFormatter(logging.Formatter):
    """Remove the tokens of mailed links: Django logs the path of every request that it refuses."""

    def format(self, record: logging.LogRecord) -> str:
        return _MAILED_LINK.sub(r"/\1/…", super().format(record))

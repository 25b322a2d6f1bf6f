"""What a line of the log looks like."""

import logging
import re
from urllib.parse import quote

from django.http import HttpRequest

_MAILED_LINK = re.compile(r"/(grant|comments/(?:confirm-address|unsubscribe|yours))/[^/\s?\"']+", re.IGNORECASE)


class LineFormatter(logging.Formatter):
    """Remove the tokens of mailed links: Django logs the path of every request that it refuses."""

    def format(self, record: logging.LogRecord) -> str:
        return _MAILED_LINK.sub(r"/\1/…", super().format(record))


class RefusalFilter(logging.Filter):
    """Log a refused request (4xx) in one line, with its path and without a traceback.

    Visitors cause refusals, not faults of ours, and each traceback would have twenty to forty lines.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if 400 <= getattr(record, "status_code", 0) < 500:
            record.exc_info = record.exc_text = None
            if record.name.startswith("django.security.") and record.name != "django.security.csrf":
                _append_path(record)
        return True


def _append_path(record: logging.LogRecord) -> None:
    """Add the path, which Django leaves out of these messages."""
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest):
        record.msg, record.args = f"{record.getMessage()} {quote(request.path)}", ()

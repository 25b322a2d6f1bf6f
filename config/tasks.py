"""Background jobs of the site as a whole."""

import logging
from datetime import timedelta

from django.db import DEFAULT_DB_ALIAS

from config import checks
from core.tasks.queue import job

log = logging.getLogger(__name__)


@job("watch-networks", every=timedelta(days=1))
def watch_networks(argument: str) -> None:
    """Log a warning if all visitors seem to share one rate limit. Nobody runs system checks on a running site."""
    for warning in checks.visitors_come_from_several_networks(None, databases=[DEFAULT_DB_ALIAS]):
        log.warning("%s %s (%s)", warning.msg, warning.hint, warning.id)

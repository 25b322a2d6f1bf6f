"""The jobs of the site as a whole."""

import logging
from datetime import timedelta

from django.db import DEFAULT_DB_ALIAS

from config import checks
from core.tasks.queue import job

log = logging.getLogger(__name__)


@job("watch-networks", every=timedelta(days=1))
def watch_networks(argument: str) -> None:
    """Say in the log when all visitors seem to share one limit: nobody runs the checks of a site that runs."""
    for warning in checks.visitors_come_from_several_networks(None, databases=[DEFAULT_DB_ALIAS]):
        log.warning("%s %s (%s)", warning.msg, warning.hint, warning.id)

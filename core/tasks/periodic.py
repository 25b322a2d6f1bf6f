"""The jobs of `core` itself: all of them delete what is no longer needed."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from core import clock
from core.models import Invalidation
from core.page_cache.freshness import LOG_RETENTION
from core.privacy import networks
from core.tasks.queue import job

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@job("clear-sessions", every=DAY)
def clear_sessions(argument: str) -> None:
    """Delete expired sessions, which Django keeps until told otherwise."""
    call_command("clearsessions")


@job("clear-incoming", every=DAY)
def clear_incoming(argument: str) -> None:
    """Delete what killed processes left of unfinished uploads; Django deletes all other temporary files itself."""
    yesterday = (clock.now() - DAY).timestamp()
    for file in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir():
        if file.stat().st_mtime < yesterday:
            file.unlink(missing_ok=True)


@job("delete-old-invalidations", every=HOUR)
def delete_old_invalidations(argument: str) -> None:
    """Delete invalidations that every process has read by now."""
    Invalidation.objects.filter(at__lt=clock.now() - LOG_RETENTION).delete()


@job("forget-networks", every=DAY, at_start=True)
def forget_networks(argument: str) -> None:
    """Destroy old network keys. Also at the start, because a site that was down for a month is late with it."""
    networks.forget_networks()

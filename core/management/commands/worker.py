"""The worker: runs background tasks until it is stopped."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core.page_cache import purging
from core.tasks import worker


class Command(BaseCommand):
    help = "Runs background tasks until SIGTERM or SIGINT, then finishes the current one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run the tasks that are due now, then exit (for cron)")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        if once:
            worker.schedule()
            worker.run_due()
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        if command := settings.PURGE_COMMAND:
            # A daemon, so that a slow purge does not delay the exit. The next start purges anyway.
            threading.Thread(target=purging.run_forever, args=[command, stop], daemon=True).start()
        worker.run_forever(stop)

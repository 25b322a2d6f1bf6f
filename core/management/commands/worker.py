"""The worker: does the rows of work, until it is told to stop."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core.page_cache import purging
from core.tasks import worker


class Command(BaseCommand):
    help = "Does the work that waits in the database, until it gets SIGTERM or SIGINT; then it finishes its job."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then end (for cron)")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        if once:
            worker.schedule()
            worker.run_due()
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        if command := settings.PURGE_COMMAND:
            # A daemon: a purge that takes long holds up no end. What it owes then, the next start makes good.
            threading.Thread(target=purging.run_forever, args=[command, stop], daemon=True).start()
        worker.run_forever(stop)

"""Everything that the apps above `core` add to it.

Each app fills these registries in `AppConfig.ready` and nowhere else; `core` reads them only after that. Jobs alone are
added by a decorator (`core.tasks.queue.job`), when `ready` imports the module that defines them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.files.serving import RestrictedMedia
    from core.page_cache.triggers import WatchedTable
    from core.tasks.queue import Job

# Background jobs by name. Rows of `core.models.Task` store the name, so it must survive a renamed function.
JOBS: dict[str, "Job"] = {}

# Tables that public pages are made of. A trigger on each records its changes for the page cache.
WATCHED_TABLES: list["WatchedTable"] = []

# Each takes the present moment and returns when public pages will next change by the clock alone, or None.
NEXT_CHANGES: list[Callable[[datetime], datetime | None]] = []

# Media types that /media/ may serve beside pictures, by file extension (".mp4"). Any other file is a download.
MEDIA_TYPES: dict[str, str] = {}

# Folders of media whose files are public only under a condition.
RESTRICTED_MEDIA: list["RestrictedMedia"] = []

# Each takes a moment and clears the network pseudonyms stored before it, whose keys have been destroyed.
FORGET_NETWORKS: list[Callable[[datetime], None]] = []

# What `manage.py serve` runs once, in the transaction that creates the first login of an empty site.
FIRST_START: list[Callable[[], object]] = []

"""Health checks for a supervisor or load balancer: is the process alive, and may it get visitors?"""

import os
from datetime import timedelta
from functools import cache

from django.core.files.storage import FileSystemStorage, default_storage
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from core import clock
from core.models import Task

LATE = timedelta(minutes=10)


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """200 while this process responds. It checks nothing else, so that a lost database restarts no process."""
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 if pages can be made and pictures can be stored, else 503. The body reports the state of each part.

    Late tasks are reported, but count for nothing: pages are made without the worker.
    """
    required = {"database": _database(), "media": _media()}
    is_ready = set(required.values()) == {"ok"}
    report = {"ready": is_ready, **required, "tasks": _tasks() if is_ready else "unknown"}
    return JsonResponse(report, status=200 if is_ready else 503, headers={"Cache-Control": "no-store"})


def _database() -> str:
    """Check the connection and the tables with one query."""
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except Error:
        return "unreachable"
    return "ok" if _known_migrations() <= applied.keys() else "not migrated"


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """App and name of every migration in this code, which does not change while the process lives."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _media() -> str:
    if not isinstance(default_storage, FileSystemStorage):
        return "ok"  # a service with monitoring of its own
    folder = default_storage.path("")
    while not os.path.exists(folder):  # the folder is created with the first picture
        folder = os.path.dirname(folder)
    return "ok" if os.access(folder, os.W_OK | os.X_OK) else "not writable"


def _tasks() -> str:
    """Whether a task has been due for more than LATE."""
    now = clock.now()
    waiting = Task.objects.filter(Q(leased_until=None) | Q(leased_until__lte=now), failed_at=None)
    return "late" if waiting.filter(due_at__lt=now - LATE).exists() else "ok"

"""The worker: claims tasks that are due and runs their jobs, with retries, leases and repetition."""

import logging
import threading
from datetime import timedelta

from django.db import InterfaceError, OperationalError, close_old_connections
from django.db.models import Q, QuerySet

from core import clock
from core.extension_points import JOBS
from core.models import Task
from core.tasks.queue import TryLater, enqueue

LEASE = timedelta(minutes=15)  # longer than any job takes; a claim that is older was left behind by a killed worker
FIRST_WAIT = timedelta(seconds=30)  # doubles with every failure
LONGEST_WAIT = timedelta(hours=6)
MAX_ATTEMPTS = 12  # with these waits, the last attempt is about 14 hours after the first
POLL_SECONDS = 1.0
DATABASE_RETRY_SECONDS = 5.0

log = logging.getLogger(__name__)


class WorkerDied(Exception):
    """Every worker that claimed this task was killed before it could finish."""


def run_forever(stop: threading.Event) -> None:
    """Run tasks as they fall due until `stop` is set. Finish the running job; wait for an unreachable database."""
    started = False
    while not stop.is_set():
        try:
            if not started:
                schedule()
                started = True
            if not run_next():
                stop.wait(POLL_SECONDS)
        except (OperationalError, InterfaceError) as error:
            log.warning(
                "The database cannot be reached; trying again in %.0f seconds: %s", DATABASE_RETRY_SECONDS, error
            )
            stop.wait(DATABASE_RETRY_SECONDS)
        close_old_connections()


def run_due() -> int:
    """Run all tasks that are due now. Return how many were tried."""
    tried = 0
    while run_next():
        tried += 1
    return tried


def schedule() -> None:
    """Create the row of every periodic job. It is never deleted; each run moves it forward."""
    for name, job in JOBS.items():
        if job.at_start:
            enqueue(name)
        elif job.every:
            Task.objects.get_or_create(job=name, argument="")


def run_next() -> bool:
    """Run one task that is due. Return False if there is none. Errors of the job are recorded in its row."""
    task = _claim()
    if task is None:
        return False
    try:
        if task.attempts > MAX_ATTEMPTS:
            raise WorkerDied
        JOBS[task.job].run(task.argument)
    except TryLater as reason:
        log.info("%s is not possible now, attempt %d of %d: %s", task, task.attempts, MAX_ATTEMPTS, reason)
        if task.attempts < MAX_ATTEMPTS:
            _record_failure(task, reason)
        else:
            _record_success(task)
    except Exception as error:
        log.exception("%s failed, attempt %d of %d", task, task.attempts, MAX_ATTEMPTS)
        _record_failure(task, error)
    else:
        _record_success(task)
    return True


def _claim() -> Task | None:
    """Lease one task that is due. Several workers may try; only one finds the number of attempts that it read."""
    now = clock.now()
    # Tasks for jobs that this version does not know wait for a version that does.
    due = Task.objects.filter(Q(leased_until=None) | Q(leased_until__lte=now), job__in=JOBS, due_at__lte=now)
    for task in due.filter(failed_at=None)[:10]:
        unchanged = due.filter(pk=task.pk, attempts=task.attempts)
        task.attempts += 1
        task.leased_until = now + LEASE
        if unchanged.update(attempts=task.attempts, leased_until=task.leased_until):
            return task
    return None


def _record_success(task: Task) -> None:
    every = JOBS[task.job].every
    if every:
        _unless_enqueued_again(task).update(due_at=clock.now() + every, attempts=0, last_error="")
    else:
        _unless_enqueued_again(task).delete()
    _leased(task).update(leased_until=None)


def _record_failure(task: Task, error: Exception) -> None:
    now, every = clock.now(), JOBS[task.job].every
    message = repr(error)[:500]  # repr, because PostgreSQL cannot store a NUL
    if task.attempts < MAX_ATTEMPTS:
        wait = min(FIRST_WAIT * 2 ** (task.attempts - 1), LONGEST_WAIT)
        _unless_enqueued_again(task).update(due_at=now + wait, last_error=message)
    elif every:
        _unless_enqueued_again(task).update(due_at=now + every, attempts=0, last_error=message)
    else:
        _unless_enqueued_again(task).update(failed_at=now, last_error=message)
    _leased(task).update(leased_until=None)


def _leased(task: Task) -> QuerySet[Task]:
    """The row while we hold its lease: once the lease has ended, another worker may hold it."""
    return Task.objects.filter(pk=task.pk, leased_until=task.leased_until)


def _unless_enqueued_again(task: Task) -> QuerySet[Task]:
    """The row unless it was enqueued again meanwhile, which resets its attempts."""
    return _leased(task).filter(attempts=task.attempts)

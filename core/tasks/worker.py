"""Work that is done afterwards: enqueued with the change that needs it, tried again, reclaimed, and repeated.

Rows of our own and no library: of those that need no server beside the database, one never tries again and leaves
killed tasks running, the other may run a task twice and loses count of its attempts. A job runs *at least* once, so
every job must bear being run again.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import InterfaceError, OperationalError, close_old_connections
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Least

from core import clock
from core.models import Task

LEASE = timedelta(minutes=15)  # a job takes less; after this long a claimed row counts as left behind
FIRST_WAIT = timedelta(seconds=30)  # doubles with every failure
LONGEST_WAIT = timedelta(hours=6)
MAX_ATTEMPTS = 12  # with the waits above, the last one is about 14 hours after the first
POLL_SECONDS = 1.0
DATABASE_AWAY_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """What to do with the argument of a row; `every` repeats it, `at_start` also does it when a worker starts."""

    run: Callable[[str], None]
    every: timedelta | None = None
    at_start: bool = False


JOBS: dict[str, Job] = {}


class NotNow(Exception):
    """Raised by a job for what passes by itself. If it does not, something else looks again: nobody need be told."""


class WorkerDied(Exception):
    """Every worker that took this row was killed before it could finish."""


def job(
    name: str, *, every: timedelta | None = None, at_start: bool = False
) -> Callable[[Callable[[str], None]], Callable[[str], None]]:
    """Register the decorated function under `name`, which rows of work keep: it outlives renamed functions."""

    def register(function: Callable[[str], None]) -> Callable[[str], None]:
        JOBS[name] = Job(function, every, at_start)
        return function

    return register


def enqueue(name: str, argument: str = "", *, delay: timedelta = timedelta(0)) -> None:
    """Have the job `name` done with `argument` after `delay`, if the caller's transaction is committed.

    Asked again, what waits comes at the earlier of both times with all its attempts, and what is being done right
    now is done once more: it may have read the old state. Raises KeyError for a job that nobody registered.
    """
    JOBS[name]
    due_at = clock.now() + delay
    Task.objects.update_or_create(
        job=name,
        argument=argument,
        defaults={"due_at": Least(F("due_at"), due_at), "attempts": 0, "failed_at": None},
        create_defaults={"due_at": due_at},
    )


def enqueue_many(name: str, delays: Mapping[str, timedelta]) -> None:
    """Have the job `name` done with each argument after its delay, in two statements however many there are.

    What waits already keeps its time; what was given up starts afresh. Raises KeyError for an unknown job.
    """
    JOBS[name]
    now = clock.now()
    rows = [Task(job=name, argument=argument, due_at=now + delay) for argument, delay in delays.items()]
    Task.objects.bulk_create(rows, ignore_conflicts=True)
    given_up = Task.objects.filter(job=name, argument__in=list(delays), failed_at__isnull=False)
    given_up.update(due_at=now, attempts=0, failed_at=None)


def run_forever(stop: threading.Event) -> None:
    """Do what is due until `stop` is set. The job in hand is finished; a database that is away is waited for."""
    started = False
    while not stop.is_set():
        try:
            if not started:
                schedule()
                started = True
            if not run_next():
                stop.wait(POLL_SECONDS)
        except (OperationalError, InterfaceError) as error:
            log.warning("The database is away, trying again in %.0f seconds: %s", DATABASE_AWAY_SECONDS, error)
            stop.wait(DATABASE_AWAY_SECONDS)
        close_old_connections()


def run_due() -> int:
    """Do all that is due now; returns how many rows were tried."""
    tried = 0
    while run_next():
        tried += 1
    return tried


def schedule() -> None:
    """Give every periodic job its row; it stays for ever and moves forward each time."""
    for name, known in JOBS.items():
        if known.at_start:
            enqueue(name)
        elif known.every:
            Task.objects.get_or_create(job=name, argument="")


def run_next() -> bool:
    """Do one row that is due. False where there is none. Whatever the job raises is noted in its row."""
    work = _claim()
    if work is None:
        return False
    try:
        if work.attempts > MAX_ATTEMPTS:
            raise WorkerDied
        JOBS[work.job].run(work.argument)
    except NotNow as reason:
        log.info("%s is not possible now, attempt %d of %d: %s", work, work.attempts, MAX_ATTEMPTS, reason)
        if work.attempts < MAX_ATTEMPTS:
            _note_failure(work, reason)
        else:
            _note_success(work)
    except Exception as error:
        log.exception("%s failed, attempt %d of %d", work, work.attempts, MAX_ATTEMPTS)
        _note_failure(work, error)
    else:
        _note_success(work)
    return True


def _claim() -> Task | None:
    """One row that is due, leased to us. Only one of several workers finds the count of attempts that it read."""
    now = clock.now()
    # Rows of jobs that this version does not know wait for one that does.
    due = Task.objects.filter(Q(leased_until=None) | Q(leased_until__lte=now), job__in=JOBS, due_at__lte=now)
    for work in due.filter(failed_at=None)[:10]:
        seen = due.filter(pk=work.pk, attempts=work.attempts)
        work.attempts += 1
        work.leased_until = now + LEASE
        if seen.update(attempts=work.attempts, leased_until=work.leased_until):
            return work
    return None


def _note_success(work: Task) -> None:
    every = JOBS[work.job].every
    if every:
        _not_asked_again(work).update(due_at=clock.now() + every, attempts=0, last_error="")
    else:
        _not_asked_again(work).delete()
    _held(work).update(leased_until=None)


def _note_failure(work: Task, error: Exception) -> None:
    now, every = clock.now(), JOBS[work.job].every
    said = repr(error)[:500]  # repr, because PostgreSQL stores no NUL
    if work.attempts < MAX_ATTEMPTS:
        wait = min(FIRST_WAIT * 2 ** (work.attempts - 1), LONGEST_WAIT)
        _not_asked_again(work).update(due_at=now + wait, last_error=said)
    elif every:
        _not_asked_again(work).update(due_at=now + every, attempts=0, last_error=said)
    else:
        _not_asked_again(work).update(failed_at=now, last_error=said)
    _held(work).update(leased_until=None)


def _held(work: Task) -> QuerySet[Task]:
    """The row while it is still ours: after the lease has ended, another worker may have it."""
    return Task.objects.filter(pk=work.pk, leased_until=work.leased_until)


def _not_asked_again(work: Task) -> QuerySet[Task]:
    """The row unless it was enqueued anew meanwhile, which sets its attempts back."""
    return _held(work).filter(attempts=work.attempts)

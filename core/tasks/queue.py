"""The queue of background tasks: defining jobs and enqueuing tasks for them.

A task is a row of our own table, written in the transaction that needs it. Of the libraries that need no server beside
the database, one never retries and leaves killed tasks running; the other may run a task twice and loses count of its
attempts. A job runs *at least* once, so every job must tolerate being run again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Least

from core import clock
from core.extension_points import JOBS
from core.models import Task


@dataclass(frozen=True)
class Job:
    """What to do with the argument of a task. `every` repeats it; `at_start` also runs it when a worker starts."""

    run: Callable[[str], None]
    every: timedelta | None = None
    at_start: bool = False


class TryLater(Exception):
    """Raised by a job that hit a temporary obstacle.

    After the last attempt the task counts as done, without an error: something else will enqueue it again.
    """


def job(
    name: str, *, every: timedelta | None = None, at_start: bool = False
) -> Callable[[Callable[[str], None]], Callable[[str], None]]:
    """Register the decorated function as the job `name`."""

    def register(function: Callable[[str], None]) -> Callable[[str], None]:
        JOBS[name] = Job(function, every, at_start)
        return function

    return register


def enqueue(name: str, argument: str = "", *, delay: timedelta = timedelta(0)) -> None:
    """Run the job `name` with `argument` after `delay`, provided that the caller's transaction is committed.

    If the same task is waiting already, the earlier of both times counts and its attempts start again from zero. If it
    is running, it runs once more afterwards, because it may have read the old state. Raises KeyError if there is no
    such job.
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
    """Run the job `name` with each argument after its delay. Takes two statements, however many arguments there are.

    A task that is waiting already keeps its time; one that was given up starts again. Raises KeyError if there is no
    such job.
    """
    JOBS[name]
    now = clock.now()
    rows = [Task(job=name, argument=argument, due_at=now + delay) for argument, delay in delays.items()]
    Task.objects.bulk_create(rows, ignore_conflicts=True)
    given_up = Task.objects.filter(job=name, argument__in=list(delays), failed_at__isnull=False)
    given_up.update(due_at=now, attempts=0, failed_at=None)

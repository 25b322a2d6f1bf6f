"""Background tasks: none is lost, none runs twice at once, and no failure stops the others."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from core import clock
from core.extension_points import JOBS
from core.models import Task
from core.tasks import queue, worker

HOUR = timedelta(hours=1)


@pytest.fixture
def no_other_jobs() -> Iterator[None]:
    with patch.dict(JOBS, clear=True):
        yield


@pytest.fixture
def done(no_other_jobs: None) -> list[str]:
    """The arguments that the job "note" was run with."""
    arguments: list[str] = []
    queue.job("note")(arguments.append)
    return arguments


@pytest.fixture
def failing(no_other_jobs: None) -> list[str]:
    """The arguments that the job "fail" was run with; it always raises."""
    arguments: list[str] = []

    @queue.job("fail")
    def fail(argument: str) -> None:
        arguments.append(argument)
        raise RuntimeError("no luck\0today")

    return arguments


@pytest.mark.django_db
def test_a_task_runs_once_and_its_row_is_deleted(done: list[str]) -> None:
    queue.enqueue("note", "7")
    assert worker.run_due() == 1
    assert worker.run_due() == 0
    assert done == ["7"]
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rollback_removes_the_task(done: list[str]) -> None:
    with transaction.atomic():
        queue.enqueue("note", "7")
        transaction.set_rollback(True)
    assert worker.run_due() == 0
    assert done == []


@pytest.mark.django_db
def test_a_task_waits_for_its_delay(done: list[str], noon: datetime) -> None:
    queue.enqueue("note", "7", delay=HOUR)
    assert worker.run_due() == 0
    with clock.standing_at(noon + HOUR):
        assert worker.run_due() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "second"), [(2 * HOUR, HOUR), (HOUR, 2 * HOUR)])
def test_a_task_enqueued_twice_runs_once_at_the_earlier_time(
    done: list[str], noon: datetime, first: timedelta, second: timedelta
) -> None:
    queue.enqueue("note", "7", delay=first)
    queue.enqueue("note", "7", delay=second)
    assert Task.objects.get().due_at == noon + HOUR


@pytest.mark.django_db
def test_a_task_enqueued_while_it_runs_runs_again(no_other_jobs: None) -> None:
    runs: list[str] = []

    @queue.job("note")
    def note(argument: str) -> None:
        runs.append(argument)
        if len(runs) == 1:
            queue.enqueue("note", argument)

    queue.enqueue("note", "7")
    worker.run_due()
    assert runs == ["7", "7"]
    assert not Task.objects.exists()


@pytest.mark.django_db
def test_an_unknown_job_cannot_be_enqueued(done: list[str]) -> None:
    with pytest.raises(KeyError):
        queue.enqueue("nothing")
    with pytest.raises(KeyError):
        queue.enqueue_many("nothing", {"7": HOUR})


@pytest.mark.django_db
def test_many_tasks_are_enqueued_at_once_and_a_waiting_one_keeps_its_time(
    done: list[str], noon: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    queue.enqueue("note", "1", delay=2 * HOUR)
    Task.objects.create(job="note", argument="2", attempts=worker.MAX_ATTEMPTS, failed_at=noon)
    with django_assert_num_queries(2):
        queue.enqueue_many("note", {str(number): number * HOUR for number in range(4)})
    due = dict(Task.objects.values_list("argument", "due_at"))
    assert due == {"0": noon, "1": noon + 2 * HOUR, "2": noon, "3": noon + 3 * HOUR}
    worker.run_due()
    assert sorted(done) == ["0", "2"]


@pytest.mark.django_db
def test_tasks_of_a_later_version_wait_for_it(done: list[str]) -> None:
    Task.objects.create(job="not-known-yet")
    assert worker.run_due() == 0
    assert Task.objects.get().attempts == 0


@pytest.mark.django_db
def test_a_failed_task_is_retried_later_and_stops_no_other(failing: list[str], done: list[str], noon: datetime) -> None:
    queue.enqueue("fail")
    queue.enqueue("note", "7")
    assert worker.run_due() == 2
    assert done == ["7"]
    row = Task.objects.get()
    assert row.due_at == noon + worker.FIRST_WAIT
    assert row.leased_until is None
    assert "no luck" in row.last_error


@pytest.mark.django_db
def test_waits_grow_and_the_last_failure_stays_visible(failing: list[str], noon: datetime) -> None:
    queue.enqueue("fail", "7")
    waits, now = [], noon
    while not (row := Task.objects.get()).failed_at:
        waits.append(row.due_at - now)
        now = row.due_at
        with clock.standing_at(now):
            assert worker.run_next()
    assert waits[1:4] == [worker.FIRST_WAIT, worker.FIRST_WAIT * 2, worker.FIRST_WAIT * 4]
    assert max(waits) == worker.LONGEST_WAIT
    assert len(failing) == worker.MAX_ATTEMPTS
    with clock.standing_at(now + timedelta(days=30)):
        assert not worker.run_next()


@pytest.mark.django_db
def test_a_task_that_was_given_up_starts_again_when_enqueued(failing: list[str], noon: datetime) -> None:
    Task.objects.create(job="fail", argument="7", attempts=worker.MAX_ATTEMPTS, failed_at=noon)
    queue.enqueue("fail", "7")
    assert worker.run_due() == 1
    assert Task.objects.get().attempts == 1


@pytest.mark.django_db
def test_the_task_of_a_killed_worker_runs_after_its_lease(done: list[str], noon: datetime) -> None:
    queue.enqueue("note", "7")
    assert worker._claim()  # and then the worker is killed
    assert worker.run_due() == 0
    with clock.standing_at(noon + worker.LEASE):
        assert worker.run_due() == 1
    assert done == ["7"]


@pytest.mark.django_db
def test_a_task_that_kills_every_worker_is_given_up(done: list[str], noon: datetime) -> None:
    queue.enqueue("note", "7")
    now = noon
    for _ in range(worker.MAX_ATTEMPTS):
        with clock.standing_at(now):
            assert worker._claim()
        now += worker.LEASE
    with clock.standing_at(now):
        worker.run_due()
    assert done == []
    assert Task.objects.get().failed_at == now
    assert "WorkerDied" in Task.objects.get().last_error


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_changes_nothing(done: list[str], noon: datetime) -> None:
    queue.enqueue("note", "7")
    slow = worker._claim()
    assert slow
    with clock.standing_at(noon + worker.LEASE):
        assert worker._claim()
        worker._record_success(slow)
    assert Task.objects.get().leased_until == noon + 2 * worker.LEASE


@pytest.mark.django_db
def test_a_task_that_another_worker_has_just_claimed_is_left_to_it(done: list[str]) -> None:
    others: list[Task | None] = []

    def let_another_worker_claim(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and not others:
            others.append(None)
            others[0] = worker._claim()
        return execute(sql, *rest)

    queue.enqueue("note", "7")
    with connection.execute_wrapper(let_another_worker_claim):
        assert worker._claim() is None
    assert others[0]


@pytest.mark.django_db(transaction=True)
def test_only_one_of_many_workers_claims_a_task(done: list[str]) -> None:
    for number in range(5):
        queue.enqueue("note", str(number))
    together = threading.Barrier(4)

    def work() -> None:
        together.wait()
        worker.run_due()

    in_threads([work] * 4)
    assert sorted(done) == ["0", "1", "2", "3", "4"]


@pytest.mark.django_db(transaction=True)
def test_many_threads_may_enqueue_the_same_task_at_once(done: list[str]) -> None:
    together = threading.Barrier(4)

    def ask() -> None:
        together.wait()
        queue.enqueue("note", "7")

    in_threads([ask] * 4)
    assert Task.objects.count() == 1


@pytest.mark.django_db
def test_a_periodic_job_is_repeated(done: list[str], noon: datetime) -> None:
    queue.job("daily", every=24 * HOUR)(done.append)
    worker.schedule()
    worker.schedule()
    assert worker.run_due() == 1
    with clock.standing_at(noon + 23 * HOUR):
        assert worker.run_due() == 0
    with clock.standing_at(noon + 24 * HOUR):
        assert worker.run_due() == 1


@pytest.mark.django_db
def test_a_periodic_job_is_never_given_up(failing: list[str], noon: datetime) -> None:
    queue.job("fail", every=24 * HOUR)(JOBS["fail"].run)
    Task.objects.create(job="fail", attempts=worker.MAX_ATTEMPTS - 1)
    worker.run_due()
    row = Task.objects.get()
    assert (row.failed_at, row.due_at) == (None, noon + 24 * HOUR)
    assert "no luck" in row.last_error


@pytest.mark.django_db
def test_a_job_with_at_start_runs_at_every_start(done: list[str]) -> None:
    queue.job("fresh", every=24 * HOUR, at_start=True)(done.append)
    for _ in range(2):
        worker.schedule()
        worker.run_due()
    assert done == ["", ""]


@pytest.mark.django_db(transaction=True)
def test_the_worker_waits_for_an_unreachable_database(done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "DATABASE_RETRY_SECONDS", 0.0)
    stop, answers = threading.Event(), iter([OperationalError("unreachable"), None])
    run_next = worker.run_next

    def fail_once() -> bool:
        if problem := next(answers):
            raise problem
        stop.set()
        return run_next()

    monkeypatch.setattr(worker, "run_next", fail_once)
    queue.enqueue("note", "7")
    worker.run_forever(stop)
    assert done == ["7"]


@pytest.mark.django_db
def test_the_command_runs_what_is_due_and_exits(done: list[str]) -> None:
    queue.enqueue("note", "7")
    call_command("worker", "--once")
    assert done == ["7"]


@pytest.mark.django_db
def test_every_app_has_registered_its_jobs() -> None:
    assert {"clear-sessions", "rerender", "forget-emails", "watch-networks"} <= set(JOBS)


def in_threads(functions: list[Callable[[], None]]) -> None:
    """Run the functions at once, each with a database connection of its own. Raises the first error."""

    def alone(function: Callable[[], None]) -> None:
        try:
            function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        for future in [pool.submit(alone, function) for function in functions]:
            future.result(timeout=60)

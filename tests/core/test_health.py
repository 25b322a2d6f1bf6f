"""What a supervisor is told."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from core.models import Task

MINUTE = timedelta(minutes=1)


@pytest.fixture
def lost_database(db: None) -> Iterator[None]:
    """Every query fails, as it does when the server has gone."""

    def refuse(*args: Any) -> None:
        raise OperationalError("could not connect to server db.internal as user imprimatur")

    with connection.execute_wrapper(refuse):
        yield


def test_a_living_process_says_so_and_asks_no_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")
    assert response["Cache-Control"] == "no-store"


def test_a_ready_site_says_of_each_part_that_it_is_well(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # is there a table of migrations, which of them were applied, are tasks late
    with django_assert_num_queries(3):
        response = client.get("/readyz")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response.json() == {"ready": True, "database": "ok", "media": "ok", "tasks": "ok"}


def test_a_lost_database_is_told_without_its_secrets(client: Client, lost_database: None) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"
    assert "internal" not in response.content.decode()
    assert client.get("/healthz").status_code == 200


def test_code_that_is_newer_than_its_tables_is_not_ready(client: Client, db: None) -> None:
    MigrationRecorder(connection).record_unapplied("blog", "0001_initial")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "not migrated")


def test_tables_that_are_newer_than_the_code_do_not_stop_it(client: Client, db: None) -> None:
    MigrationRecorder(connection).record_applied("blog", "9999_from_the_next_release")
    assert client.get("/readyz").status_code == 200


def test_media_that_cannot_be_written_are_not_ready(client: Client, db: None, settings: Settings) -> None:
    file = Path(settings.DATA, "media")
    file.write_text("a file where the folder should be")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["media"]) == (503, "not writable")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"due_at": -11 * MINUTE}, "late"),
        ({"due_at": -9 * MINUTE}, "ok"),
        ({"due_at": -11 * MINUTE, "failed_at": -MINUTE}, "ok"),
        ({"due_at": -11 * MINUTE, "leased_until": MINUTE}, "ok"),
        ({"due_at": -11 * MINUTE, "leased_until": -MINUTE}, "late"),
    ],
    ids=["waiting", "just due", "given up", "in work", "left behind"],
)
def test_work_that_nobody_does_is_reported_but_visitors_may_come(
    client: Client, db: None, noon: datetime, fields: dict[str, timedelta], said: str
) -> None:
    Task.objects.create(job="mail", **{name: noon + distance for name, distance in fields.items()})
    response = client.get("/readyz")
    assert (response.status_code, response.json()["tasks"]) == (200, said)

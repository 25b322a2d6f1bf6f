"""Health checks."""

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
    """Every query fails, as it does when the server is unreachable."""

    def fail(*args: Any) -> None:
        raise OperationalError("could not connect to server db.internal as user imprimatur")

    with connection.execute_wrapper(fail):
        yield


def test_a_living_process_responds_without_a_query(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")
    assert response["Cache-Control"] == "no-store"


def test_a_ready_site_reports_that_each_part_is_ok(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # is there a table of migrations, which are applied, are tasks late
    with django_assert_num_queries(3):
        response = client.get("/readyz")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response.json() == {"ready": True, "database": "ok", "media": "ok", "tasks": "ok"}


def test_a_lost_database_is_reported_without_secrets(client: Client, lost_database: None) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"
    assert "internal" not in response.content.decode()
    assert client.get("/healthz").status_code == 200


def test_code_with_unapplied_migrations_is_not_ready(client: Client, db: None) -> None:
    MigrationRecorder(connection).record_unapplied("blog", "0001_initial")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "not migrated")


def test_unknown_migrations_do_not_matter(client: Client, db: None) -> None:
    MigrationRecorder(connection).record_applied("blog", "9999_from_the_next_release")
    assert client.get("/readyz").status_code == 200


def test_a_media_folder_that_cannot_be_written_is_not_ready(client: Client, db: None, settings: Settings) -> None:
    file = Path(settings.DATA, "media")
    file.write_text("a file where the folder should be")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["media"]) == (503, "not writable")


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"due_at": -11 * MINUTE}, "late"),
        ({"due_at": -9 * MINUTE}, "ok"),
        ({"due_at": -11 * MINUTE, "failed_at": -MINUTE}, "ok"),
        ({"due_at": -11 * MINUTE, "leased_until": MINUTE}, "ok"),
        ({"due_at": -11 * MINUTE, "leased_until": -MINUTE}, "late"),
    ],
    ids=["waiting", "just due", "given up", "running", "left behind"],
)
def test_late_tasks_are_reported_but_the_site_is_ready(
    client: Client, db: None, noon: datetime, fields: dict[str, timedelta], state: str
) -> None:
    Task.objects.create(job="mail", **{name: noon + distance for name, distance in fields.items()})
    response = client.get("/readyz")
    assert (response.status_code, response.json()["tasks"]) == (200, state)

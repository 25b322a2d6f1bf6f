"""`manage.py serve`: of several processes that start at once, one after the other prepares the site."""

import fcntl
import os
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from pytest_django import Settings

from core.management.commands import serve


def test_only_one_process_prepares_a_folder(settings: Settings) -> None:
    with (Path(settings.DATA) / "preparing").open("w") as file:
        with serve.lock_folder(), pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.django_db(transaction=True)
def test_only_one_process_prepares_a_database() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is locked with its folder.")
    database = {"dbname": connection.settings_dict["NAME"]}
    with psycopg.connect(os.environ["DATABASE_URL"], **database) as other:
        try_lock = f"SELECT pg_try_advisory_lock({serve.PREPARE_LOCK})"
        with serve.lock_database():
            assert other.execute(try_lock.encode()).fetchone() == (False,)
        connection.close()
        other.execute("SET statement_timeout = 20000")  # the server takes a moment to notice the closed connection
        other.execute(f"SELECT pg_advisory_lock({serve.PREPARE_LOCK})".encode())

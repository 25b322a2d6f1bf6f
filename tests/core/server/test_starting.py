"""`manage.py serve` prepares a site alone, however many processes start at once."""

import fcntl
import os
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from pytest_django import Settings

from core.management.commands import serve


def test_who_prepares_a_folder_is_alone(settings: Settings) -> None:
    with (Path(settings.DATA) / "preparing").open("w") as file:
        with serve.alone_on_the_folder(), pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.django_db(transaction=True)
def test_who_prepares_a_database_is_alone() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one folder, and is locked with it.")
    address = {"dbname": connection.settings_dict["NAME"]}
    with psycopg.connect(os.environ["DATABASE_URL"], **address) as other:
        ask = f"SELECT pg_try_advisory_lock({serve.PREPARING})"
        with serve.alone_on_the_database():
            assert other.execute(ask.encode()).fetchone() == (False,)
        connection.close()
        other.execute("SET statement_timeout = 20000")  # the server takes a moment to note the end
        other.execute(f"SELECT pg_advisory_lock({serve.PREPARING})".encode())

"""Everything from an empty folder to a running site: what `make run` does once the environment stands."""

import fcntl
import hashlib
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, connections, transaction

from core.extension_points import FIRST_START
from core.server import supervisor
from core.server.request_bodies import BLOCKING_THREADS

LOGIN = "host"
PREPARING = 0x696D7072  # any number that nobody else locks in our database


class Command(BaseCommand):
    help = "Prepares the database and the static files, then runs the web server and the worker until Ctrl+C."

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_taken_port(settings.LISTEN, settings.PORT)
        reach_the_database()
        with alone_on_the_folder(), alone_on_the_database():
            password = prepare()
        connections.close_all()  # the programs open their own
        self.say_where(password)
        try:
            # The web server ends by itself after STOP_SECONDS: so it is not killed while it does.
            programs = {"web server": web_server(), "worker": worker()}
            supervisor.run_together(programs, patience=settings.STOP_SECONDS + 5)
        except supervisor.ProgramDied as problem:
            raise CommandError(str(problem)) from problem

    def say_where(self, password: str | None) -> None:
        lines = ["", f"  The blog    {settings.SITE_URL}/", f"  The admin   {settings.SITE_URL}/admin/"]
        if password and os.environ.get("DJANGO_SUPERUSER_PASSWORD"):
            lines.append(f"  Sign in as  {LOGIN}, with the password from DJANGO_SUPERUSER_PASSWORD")
        elif password:
            lines.append(f"  Sign in as  {LOGIN}, password {password} (shown only this once)")
        lines += [f"  The data    {settings.DATA}", "", "  Ctrl+C stops it.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def prepare() -> str | None:
    """Bring database and static files up to date; returns the password of the first login where there was none."""
    call_command("migrate", verbosity=0)
    collect_static_files()
    with transaction.atomic():  # a first start that fails half-way must not leave a login that nobody was shown
        password = make_login()
        if password:  # only once: a sample that was removed stays removed
            for prepare_first_start in FIRST_START:
                prepare_first_start()
    return password


@contextmanager
def alone_on_the_folder() -> Iterator[None]:
    """Of several sites that start on one folder, each waits here for its turn. The lock ends with the process."""
    with (settings.DATA / "preparing").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def alone_on_the_database() -> Iterator[None]:
    """The same for several machines on one PostgreSQL: two migrations at once trip over each other."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARING])
    yield  # without a look back: the lock ends with the connection, which is closed next


def refuse_taken_port(host: str, port: int) -> None:
    """Raise CommandError where nobody can listen at `host` and `port`; the web server would say it with a traceback."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # Else the connections of a site that stopped a moment ago still hold the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise CommandError(
            f"Cannot listen at {host}, port {port} ({reason}): choose another port, e.g. PORT={port % 65_000 + 1}."
        ) from problem


def reach_the_database() -> None:
    """Raise CommandError where the database cannot be opened."""
    try:
        connection.ensure_connection()
    except DatabaseError as problem:
        raise CommandError(f"The database cannot be opened: {' '.join(str(problem).split())}") from problem


def collect_static_files() -> None:
    """Bring DATA/static up to date. Packing takes seconds, so it is done only when a source file has changed."""
    marker = settings.DATA / "static.sources"  # not in the folder itself, all of which is public
    sources = fingerprint_of_sources()
    if settings.STATIC_ROOT.is_dir() and marker.exists() and marker.read_text(encoding="ascii") == sources:
        return
    sys.stdout.write("Packing the static files …\n")
    sys.stdout.flush()
    call_command("collectstatic", interactive=False, verbosity=0)
    marker.write_text(sources, encoding="ascii")


def fingerprint_of_sources() -> str:
    """A digest of names, sizes and times of all static files, and of how they are packed."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: str(found[0])):
            status = os.stat(storage.path(name))
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def make_login() -> str | None:
    """Make the superuser of a site that has no user yet; returns the password, None where there was one."""
    users = get_user_model()._default_manager
    if users.exists():
        return None
    password = os.environ.get("DJANGO_SUPERUSER_PASSWORD") or secrets.token_urlsafe(12)
    users.create_superuser(LOGIN, email="", password=password)
    return password


def web_server() -> list[str]:
    """Arguments of granian. One process: the page cache is shared by its threads, SQLite has one writer anyway."""
    command = [sys.executable, "-m", "granian", "config.wsgi:application", "--interface", "wsgi", "--no-ws"]
    command += ["--host", settings.LISTEN, "--port", str(settings.PORT), "--log-level", "warning"]
    command += ["--blocking-threads", str(BLOCKING_THREADS), "--backlog", "1024"]
    return [*command, "--respawn-failed-workers", "--workers-kill-timeout", str(settings.STOP_SECONDS)]


def worker() -> list[str]:
    return [sys.executable, "manage.py", "worker"]

"""Takes a site from an empty folder to running: what `make run` does once the environment is installed."""

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
PREPARE_LOCK = 0x696D7072  # an arbitrary number that nothing else locks in our database


class Command(BaseCommand):
    help = "Prepares the database and the static files, then runs the web server and the worker until Ctrl+C."

    def handle(self, *args: Any, **options: Any) -> None:
        check_port(settings.LISTEN, settings.PORT)
        check_database()
        with lock_folder(), lock_database():
            password = prepare()
        connections.close_all()  # the programs open connections of their own
        self.print_urls(password)
        try:
            # The web server stops by itself within STOP_SECONDS, so it is not killed before.
            programs = {"web server": web_server(), "worker": worker()}
            supervisor.run_together(programs, patience=settings.STOP_SECONDS + 5)
        except supervisor.ProgramDied as problem:
            raise CommandError(str(problem)) from problem

    def print_urls(self, password: str | None) -> None:
        lines = ["", f"  The blog    {settings.SITE_URL}/", f"  The admin   {settings.SITE_URL}/admin/"]
        if password and os.environ.get("DJANGO_SUPERUSER_PASSWORD"):
            lines.append(f"  Sign in as  {LOGIN}, with the password from DJANGO_SUPERUSER_PASSWORD")
        elif password:
            lines.append(f"  Sign in as  {LOGIN}, password {password} (shown only this once)")
        lines += [f"  The data    {settings.DATA}", "", "  Ctrl+C stops it.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def prepare() -> str | None:
    """Bring the database and the static files up to date. Return the password of the first login if it was created."""
    call_command("migrate", verbosity=0)
    collect_static_files()
    with transaction.atomic():  # a first start that fails must not leave a login whose password nobody saw
        password = create_first_login()
        if password:  # only once: a sample that was removed stays removed
            for prepare_first_start in FIRST_START:
                prepare_first_start()
    return password


@contextmanager
def lock_folder() -> Iterator[None]:
    """Wait for other processes that prepare a site in the same folder. The lock ends with the process."""
    with (settings.DATA / "preparing").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def lock_database() -> Iterator[None]:
    """Wait for other machines that prepare the same PostgreSQL database: two migrations at once would both fail."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARE_LOCK])
    yield  # nothing to release: the lock ends with the connection, which is closed next


def check_port(host: str, port: int) -> None:
    """Raise CommandError if the port cannot be opened. The web server would report it with a traceback."""
    try:
        family, kind, protocol, _, socket_address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # Otherwise the connections of a site that has just stopped still hold the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(socket_address)
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise CommandError(
            f"Cannot listen on {host}, port {port} ({reason}). Choose another port, e.g. PORT={port % 65_000 + 1}."
        ) from problem


def check_database() -> None:
    """Raise CommandError if the database cannot be opened."""
    try:
        connection.ensure_connection()
    except DatabaseError as problem:
        raise CommandError(f"The database cannot be opened: {' '.join(str(problem).split())}") from problem


def collect_static_files() -> None:
    """Bring DATA/static up to date. Compressing takes seconds, so it is done only if a source file has changed."""
    marker = settings.DATA / "static.sources"  # not in the folder itself, where everything is public
    sources = digest_of_sources()
    if settings.STATIC_ROOT.is_dir() and marker.exists() and marker.read_text(encoding="ascii") == sources:
        return
    sys.stdout.write("Compressing the static files …\n")
    sys.stdout.flush()
    call_command("collectstatic", interactive=False, verbosity=0)
    marker.write_text(sources, encoding="ascii")


def digest_of_sources() -> str:
    """A digest of the names, sizes and times of all static files, and of the storage that compresses them."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: str(found[0])):
            status = os.stat(storage.path(name))
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def create_first_login() -> str | None:
    """Create a superuser if the site has no user yet. Return the password, or None if there was a user."""
    users = get_user_model()._default_manager
    if users.exists():
        return None
    password = os.environ.get("DJANGO_SUPERUSER_PASSWORD") or secrets.token_urlsafe(12)
    users.create_superuser(LOGIN, email="", password=password)
    return password


def web_server() -> list[str]:
    """The command line of granian. One process: its threads share the page cache, and SQLite has one writer anyway."""
    command = [sys.executable, "-m", "granian", "config.wsgi:application", "--interface", "wsgi", "--no-ws"]
    command += ["--host", settings.LISTEN, "--port", str(settings.PORT), "--log-level", "warning"]
    command += ["--blocking-threads", str(BLOCKING_THREADS), "--backlog", "1024"]
    return [*command, "--respawn-failed-workers", "--workers-kill-timeout", str(settings.STOP_SECONDS)]


def worker() -> list[str]:
    return [sys.executable, "manage.py", "worker"]

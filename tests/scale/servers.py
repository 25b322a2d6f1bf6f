"""The servers that several processes share: real ones, started for the tests and discarded afterwards."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
import psycopg
import pytest

from tests.browser.conftest import free_port, wait_until

BUCKET = "blog"
KEY, SECRET = "key", "secret/with+signs"


def program(name: str, package: str, *places: str) -> str:
    """The path of a program. If it is missing, the test is skipped, or fails in CI."""
    found = shutil.which(name, path=os.pathsep.join([*places, os.environ["PATH"], "/usr/sbin"]))
    if not found and os.environ.get("CI"):
        pytest.fail(f"{name} is missing, and CI is set: .ci/run installs {package}.")
    if not found:
        pytest.skip(f"{name} is missing: install {package}.")
    return found


def listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@dataclass
class Server:
    """A program that listens on a local port."""

    command: Sequence[str | Path]
    folder: Path
    port: int
    variables: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=os.environ | self.variables, stdout=log, stderr=log
            )
        wait_until(lambda: listens(self.port) or self.has_ended, f"{self.command[0]} listens")
        assert not self.has_ended, self.log

    @property
    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def send(self, with_signal: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(with_signal)

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        if not self.has_ended:
            self.send(with_signal)
        assert self.process
        self.process.wait(30)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop(signal.SIGKILL)


@contextmanager
def redis(folder: Path) -> Iterator[Server]:
    """A Redis without persistence."""
    port = free_port()
    command = [program("redis-server", "redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running(Server(command, folder, port)) as server:
        yield server


@contextmanager
def bucket(folder: Path) -> Iterator[str]:
    """The value of MEDIA_STORAGE for an empty bucket on an S3 server."""
    port = free_port()
    with running(Server([Path(sys.executable).with_name("moto_server"), "-p", str(port)], folder, port)):
        server = f"http://127.0.0.1:{port}"
        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
        boto3.client("s3", endpoint_url=server, region_name="us-east-1", **keys).create_bucket(Bucket=BUCKET)
        yield f"s3+http://{KEY}:{SECRET.replace('/', '%2F')}@127.0.0.1:{port}/{BUCKET}"


@dataclass
class Postgres:
    """A PostgreSQL that keeps its data when it restarts."""

    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"postgres://imprimatur@127.0.0.1:{self.port}/postgres"

    def run(self, name: str, *arguments: str) -> None:
        """Run one of its programs as another user, because it refuses to run as root."""
        newest = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1:]
        command = [program(name, "postgresql", *map(str, newest)), "--pgdata", str(self.folder / "data"), *arguments]
        if os.geteuid() == 0:
            owner = next(name for name in ("postgres", "nobody") if name in {one.pw_name for one in pwd.getpwall()})
            group = str(pwd.getpwnam(owner).pw_gid)
            shutil.chown(self.folder, owner)
            command = ["setpriv", "--reuid", owner, "--regid", group, "--clear-groups", *command]
        with (self.folder / "commands.log").open("a+") as log:  # a pipe would stay open as long as the server runs
            done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            log.seek(0)
            assert done.returncode == 0, log.read()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self.run("pg_ctl", "start", "--wait", "--log", str(self.folder / "log"), "--options", options)

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "stop", "--wait", "--mode", mode)

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.address) as connection:
            return connection.execute(query.encode(), values).fetchall()


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A new one, in a folder that another user may enter; pytest's own folder is private."""
    with TemporaryDirectory() as folder:
        server = Postgres(Path(folder), free_port())
        options = ("--username=imprimatur", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        server.run("initdb", *options)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")

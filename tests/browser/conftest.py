"""Fixtures for tests with the real server, the worker and a Chromium.

These tests use the site only through HTTP, the browser and manage.py: its database belongs to other processes.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright
from psycopg.sql import SQL, Identifier

from tests.browser.chromium import find_browser

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"
PATIENCE = 60.0  # seconds for a first start: migrations, static files, the sample
BROWSER_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In a parallel run, one process runs all browser tests, because they share one site."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@dataclass
class Site:
    """A running `manage.py serve`."""

    process: subprocess.Popen[str]
    data: Path
    port: int
    log: Path
    variables: dict[str, str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """Everything that it has printed so far."""
        return self.log.read_text(encoding="utf-8")

    def url(self, path: str) -> str:
        return self.address + path

    def get(self, path: str) -> tuple[int, str]:
        """The status and the text of a page."""
        try:
            with urllib.request.urlopen(self.url(path), timeout=10) as answer:  # noqa: S310 - our own address
                return answer.status, answer.read().decode()
        except HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()

    def is_ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == 200
        except (URLError, ConnectionError, TimeoutError):
            return False

    def manage(self, *arguments: str) -> str:
        """Run manage.py on the same data while the site is running, and return its output."""
        command = [sys.executable, "manage.py", *arguments]
        result = subprocess.run(command, cwd=ROOT, env=self.variables, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and return its exit code."""
        self.process.send_signal(with_signal)
        return self.process.wait(PATIENCE)


@contextmanager
def empty_database() -> Iterator[dict[str, str]]:
    """The environment variables of a separate database: on the server of the tests, or an SQLite file."""
    address = os.environ.get("DATABASE_URL", "")
    if not address.startswith("postgres"):
        yield {"DATABASE_URL": ""}
        return
    name = f"site_{uuid4().hex}"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield {"DATABASE_URL": urlsplit(address)._replace(path=f"/{name}").geturl()}
        finally:
            server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = PATIENCE) -> None:
    """Return once `condition` is true. Fail with the text `what` if that takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} seconds in vain: {what}"
        time.sleep(0.05)


def start(data: Path, *, port: int, **variables: str) -> Site:
    """Start a site on the folder `data` and return at once. `variables` are added to the environment."""
    log = data.with_suffix(f".{time.monotonic_ns()}.log")
    own = {
        "DATA": str(data),
        "PORT": str(port),
        "SITE_URL": "",
        "LOG_LEVEL": "WARNING",
        "COMMENTS_PER_MINUTE": "1000",  # all tests write from this machine
        "COMMENTS_PER_HOUR": "1000",
        "DJANGO_SUPERUSER_PASSWORD": "",
    }
    environment = os.environ | own | variables
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return Site(process, data, port, log, environment)


def wait_until_ready(site: Site) -> None:
    wait_until(lambda: site.is_ready() or site.process.poll() is not None, "the site answers")
    assert site.process.poll() is None, site.output


@contextmanager
def running(data: Path, **variables: str) -> Iterator[Site]:
    """Run a site on the folder `data`: yield it when it is ready, and stop it at the end."""
    site = start(data, port=free_port(), **variables)
    try:
        wait_until_ready(site)
        yield site
        assert site.stop() == 0, site.output
    finally:
        site.process.kill()
        site.process.wait()


@contextmanager
def comment_on_its_way(post: int, port: int, **headers: str) -> Iterator[Callable[[], bytes]]:
    """Send the headers of a comment by Slow Writer. The returned function sends the body and returns the first bytes
    of the response.
    """
    body = urlencode({"name": "Slow Writer", "text": "A comment on its way.", "email": "", "notify": "", "parent": ""})
    usual = {"Host": f"127.0.0.1:{port}", "Expect": "100-continue", "Sec-Fetch-Site": "same-origin"}
    usual |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    lines = [f"POST /comments/new/{post}/ HTTP/1.1", *(f"{name}: {value}" for name, value in (usual | headers).items())]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")  # the application reads

        def finish() -> bytes:
            connection.sendall(body.encode())
            return connection.recv(1000)

        yield finish


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with the sample content, started once for all browser tests. Sign in as "host" with PASSWORD."""
    data = tmp_path_factory.mktemp("site") / "data"
    with (
        empty_database() as database,
        running(data, SAMPLE="1", DJANGO_SUPERUSER_PASSWORD=PASSWORD, **database) as site,
    ):
        yield site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine. Without one the test is skipped, or fails if REQUIRE_BROWSER is set."""
    path = find_browser()
    if path is None and os.environ.get("REQUIRE_BROWSER"):
        pytest.fail("There is no Chromium, and REQUIRE_BROWSER is set.")
    if path is None:
        pytest.skip("There is no Chromium on this machine: install chromium to run the browser tests.")
    flags = [*BROWSER_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@dataclass
class Complaints:
    """Collect what no page may do. A test that provokes something on purpose removes it from the list."""

    errors: list[str] = field(default_factory=list)
    requests_elsewhere: list[str] = field(default_factory=list)
    may_ask_elsewhere: bool = False

    def assert_none(self) -> None:
        assert self.errors == []
        assert self.may_ask_elsewhere or self.requests_elsewhere == []

    def watch(self, context: BrowserContext, host: str) -> None:
        def note_request(request: Request) -> None:
            parts = urlsplit(request.url)
            if parts.scheme not in {"data", "blob", "about"} and parts.netloc != host:
                self.requests_elsewhere.append(request.url)

        def note_message(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                self.errors.append(f"{message.text} ({json.dumps(message.location)})")

        context.on("request", note_request)
        context.on("console", note_message)
        context.on("weberror", lambda problem: self.errors.append(str(problem.error)))


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def new_page(site: Site, browser: Browser, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Open a page in a new context; keywords are passed to it (`java_script_enabled=False`, `viewport=…`).

    At the end of the test: no console error, nothing refused by the content policy, no request to another host.
    """
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(base_url=site.address, **options)
        contexts.append(context)
        complaints.watch(context, urlsplit(site.address).netloc)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    complaints.assert_none()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A reader's page."""
    return new_page()


@pytest.fixture
def host_page(new_page: Callable[..., Page]) -> Page:
    """A page of the host, signed in to the admin."""
    page = new_page()
    page.goto("/admin/login/?next=/admin/")
    page.get_by_label("Username").fill("host")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    return page

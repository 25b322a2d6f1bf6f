"""Two application processes with one PostgreSQL, one Redis and one bucket, as in docs/scaling.md.

The tests use them through HTTP, manage.py and the servers that they share.
"""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.browser.conftest import free_port, wait_until
from tests.scale import servers

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"
HOST = "blog.example.org"
SECRET_KEY = "".join(chr(33 + 7 * n % 90) for n in range(60)).replace("$", "x")

MAKE_POST = """
from core import clock
from blog.models import *
host, _ = Person.objects.get_or_create(name="Eldon Host", slug="eldon-host")
post = Post.objects.create(
    slug={slug!r}, title="A post", body="Words.", author=host, status="published", published_at=clock.now()
)
print(post.pk, post.get_absolute_url())
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In a parallel run, one process runs all of these tests, because they share the servers."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("scale"))
            if os.environ.get("DATABASE_URL"):
                reason = "These tests bring a PostgreSQL of their own: they are in the run without DATABASE_URL."
                item.add_marker(pytest.mark.skip(reason=reason))


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Visitor:
    """A minimal browser: it keeps cookies and sends the headers of a form on our own page."""

    port: int
    timeout: float = 20
    cookies: dict[str, str] = field(default_factory=dict)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        connection = self.connect()
        # as the web server in front passes it on
        usual = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
        usual |= {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        usual |= {"Sec-Fetch-Site": "same-origin", "Referer": f"https://{HOST}/"}
        try:
            connection.request(method, path, body or None, usual | (headers or {}))
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, form: dict[str, Any]) -> Answer:
        body = urlencode(form).encode()
        return self.ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def post_with_token(self, page: str, form: dict[str, Any], *, to: str = "") -> Answer:
        """Send a form with the token on `page` to its URL, or to the URL `to`."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(page).text)
        assert token
        return self.post(to or page, form | {"csrfmiddlewaretoken": token[1]})

    def sign_in(self) -> Answer:
        return self.post_with_token("/admin/login/", {"username": "host", "password": PASSWORD, "next": "/admin/"})

    def sign_out(self) -> Answer:
        return self.post_with_token("/admin/password_change/", {}, to="/admin/logout/")

    def is_signed_in(self) -> bool:
        return self.get("/admin/").status == 200


@dataclass
class App:
    """One application process, `manage.py serve`. Both share a folder that contains only static files."""

    data: Path
    port: int
    variables: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            command = [sys.executable, "manage.py", "serve"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | self.variables | {"DATA": str(self.data), "PORT": str(self.port)}

    @property
    def log_file(self) -> Path:
        return self.data.with_name(f"{self.port}.log")

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def is_ready(self) -> bool:
        try:
            return Visitor(self.port).get("/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def wait_until_ready(self) -> None:
        assert self.process
        running = self.process
        wait_until(lambda: self.is_ready() or running.poll() is not None, "the site answers")
        assert running.poll() is None, self.log

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def manage(self, *arguments: str) -> str:
        """Run manage.py with the settings of the process and return its output."""
        command = [sys.executable, "manage.py", *arguments]
        result = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def shell(self, code: str) -> str:
        return self.manage("shell", "-v", "0", "-c", code).strip()


@dataclass
class Site:
    """The two processes and what they share."""

    apps: tuple[App, App]
    database: servers.Postgres
    cache: servers.Server

    def new_post(self, slug: str) -> tuple[int, str]:
        """The primary key and the path of a public post."""
        number, path = self.apps[0].shell(MAKE_POST.format(slug=slug)).split()
        return int(number), path

    @property
    def visitors(self) -> tuple[Visitor, Visitor]:
        """One client for each of the two processes."""
        first, second = self.apps
        return Visitor(first.port), Visitor(second.port)


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.bucket(tmp_path_factory.mktemp("bucket")) as address:
        yield address


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory: pytest.TempPathFactory, bucket: str) -> Iterator[Site]:
    """Both processes start at the same time on an empty database."""
    folder = tmp_path_factory.mktemp("scale")
    with ExitStack() as stack:
        database = stack.enter_context(servers.postgres())
        cache = stack.enter_context(servers.redis(tmp_path_factory.mktemp("redis")))
        variables = variables_of(database, cache, bucket)
        first, second = (App(folder / "data", free_port(), variables) for _ in range(2))
        stack.enter_context(started(first))
        stack.enter_context(started(second))
        first.wait_until_ready()
        second.wait_until_ready()
        yield Site((first, second), database, cache)
        for app in (first, second):
            assert app.stop() == 0, app.log


@contextmanager
def started(app: App) -> Iterator[None]:
    app.start()
    try:
        yield
    finally:
        assert app.process
        if app.process.poll() is None:
            app.stop()


def variables_of(database: servers.Postgres, cache: servers.Server, bucket: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database.address,
        "CACHE_URL": f"redis://127.0.0.1:{cache.port}/0",
        "MEDIA_STORAGE": bucket,
        "SITE_URL": f"https://{HOST}",
        "SECRET_KEY": SECRET_KEY,
        "TRUSTED_PROXIES": "127.0.0.1",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "COMMENTS_PER_MINUTE": "100000",
        "COMMENTS_PER_HOUR": "100000",
        "SAMPLE": "0",
        "LOG_LEVEL": "WARNING",
        "EMAIL_URL": "",
    }


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """Check before and after each test that both processes run and answer."""
    for app in shared_site.apps:
        app.wait_until_ready()
    yield shared_site
    for app in shared_site.apps:
        app.wait_until_ready()

"""A client in front of the cache, and a counter behind it."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import RequestFactory

from core.page_cache import layer
from core.page_cache.layer import PageCache, key_of
from tests.comments.conftest import held, say  # noqa: F401 - fixtures

HOST = "127.0.0.1:8000"


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Site:
    """The site as the web server sees it: the cache, and Django behind it."""

    def __init__(self, max_bytes: int = 8_000_000) -> None:
        self.django = WSGIHandler()
        self.cache = PageCache(self._counted, max_bytes=max_bytes)
        self.made: list[str] = []  # the paths of the pages that Django made
        self.holding: Callable[[], object] | None = None  # called once, when a page has been made but not returned yet

    def _counted(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.made.append(environ["PATH_INFO"])
        answer = self.django(environ, start_response)
        body = b"".join(answer)
        answer.close()
        if hold := self.holding:
            self.holding = None
            hold()
        return [body]

    def ask(self, path: str, method: str = "GET", **environ: Any) -> Response:
        """The response to a request. `environ` adds to the WSGI environment."""
        request = RequestFactory().generic(method, path).environ | {"HTTP_HOST": HOST} | environ
        started: list[tuple[str, list[tuple[str, str]]]] = []
        parts = self.cache(request, lambda status, headers, *rest: started.append((status, headers)))
        body = b"".join(parts)
        status, headers = started[-1]
        names = [name.lower() for name, _value in headers]
        assert sorted(names) == sorted(set(names)), "a header is there twice"
        return Response(int(status[:3]), {name.lower(): value for name, value in headers}, body)

    def read(self, path: str) -> str:
        """The text of a page after a poll of the change log."""
        self.cache.freshness.poll_soon()
        return self.ask(path).text

    def makes(self, path: str) -> bool:
        """Whether Django has to make the page after a poll of the change log."""
        before = len(self.made)
        self.read(path)
        return len(self.made) > before


@pytest.fixture
def site(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(layer, "MAX_LAG_SECONDS", 0.0)  # tests come back sooner than people do
    key_of.cache_clear()  # it depends on ALLOWED_HOSTS
    yield Site()
    connection.close()


class Meanwhile:
    """Runs a function in another thread with a connection of its own, and waits for it."""

    def __call__(self, do: Callable[[], Any]) -> Any:
        done: list[Any] = []

        def run() -> None:
            try:
                done.append(do())
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        thread.join(20)
        assert done, "it did not return"
        return done[0]


@pytest.fixture
def meanwhile() -> Meanwhile:
    return Meanwhile()

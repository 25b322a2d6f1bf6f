"""A reader in front of the cache, and what stands behind it counted."""

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
from tests.comments.conftest import held, say  # noqa: F401 - the same people speak here

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

    def __init__(self, room: int = 8_000_000) -> None:
        self.django = WSGIHandler()
        self.cache = PageCache(self._counted, room=room)
        self.made: list[str] = []  # the addresses that Django was asked for
        self.holding: Callable[[], object] | None = None  # called when a page is made, and has not left yet

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
        """What a request is answered; `environ` is as WSGI has it."""
        asked = RequestFactory().generic(method, path).environ | {"HTTP_HOST": HOST} | environ
        started: list[tuple[str, list[tuple[str, str]]]] = []
        parts = self.cache(asked, lambda status, headers, *rest: started.append((status, headers)))
        body = b"".join(parts)
        status, headers = started[-1]
        names = [name.lower() for name, _value in headers]
        assert sorted(names) == sorted(set(names)), "a header is there twice"
        return Response(int(status[:3]), {name.lower(): value for name, value in headers}, body)

    def read(self, path: str) -> str:
        """The words of a page, as it is known now: a look at what has changed is due."""
        self.cache.freshness.poll_soon()
        return self.ask(path).text

    def makes(self, path: str) -> bool:
        """Whether Django has to make the page, when a look at what has changed is due."""
        before = len(self.made)
        self.read(path)
        return len(self.made) > before


@pytest.fixture
def site(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(layer, "YOUNG_SECONDS", 0.0)  # no test comes back as late as people do
    key_of.cache_clear()  # it remembers which hosts the settings allowed
    yield Site()
    connection.close()


class Meanwhile:
    """Runs something in another thread with a connection of its own, and waits for it."""

    def __call__(self, do: Callable[[], Any]) -> Any:
        done: list[Any] = []

        def alone() -> None:
            try:
                done.append(do())
            finally:
                connection.close()

        thread = threading.Thread(target=alone)
        thread.start()
        thread.join(20)
        assert done, "it did not come to an end"
        return done[0]


@pytest.fixture
def meanwhile() -> Meanwhile:
    return Meanwhile()

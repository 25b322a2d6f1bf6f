"""The one thread that makes pages on SQLite."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory

from blog.page_cache import in_front_of
from blog.page_cache.layer import PageCache
from blog.page_cache.maker import Maker
from config.wsgi import django_application

HOST = "127.0.0.1:8000"


class Application:
    """Notes in which thread it was asked, and whether twice at once."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.at_once = 0
        self.at_work = threading.Semaphore(1)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not self.at_work.acquire(blocking=False):
            self.at_once += 1
        self.threads.append(threading.current_thread().name)
        if "broken" in environ["PATH_INFO"]:
            raise RuntimeError("broken")
        start_response("200 OK", [("Content-Type", "text/plain")])
        self.at_work.release()
        return [environ["REQUEST_METHOD"].encode()]


def ask(application: Callable[..., Iterable[bytes]], path: str, method: str = "GET") -> tuple[str, bytes]:
    environ = RequestFactory(headers={"host": HOST}).generic(method, path).environ
    told: list[str] = []
    body = b"".join(application(environ, lambda status, headers, exc_info=None: told.append(status)))
    return told[0], body


def test_pages_are_made_one_after_the_other_by_one_thread() -> None:
    inner = Application()
    maker = Maker(inner)
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _number: ask(maker, "/"), range(100)))
    assert set(answers) == {("200 OK", b"GET")}
    assert inner.at_once == 0
    assert len({*inner.threads}) == 1
    assert inner.threads[0].startswith("maker")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/comments/new/1/"),
        ("GET", "/admin/"),
        ("GET", "/search/?q=word"),
        ("GET", "/comments/yours/"),
        ("POST", "/"),
    ],
)
def test_what_may_take_long_is_answered_by_who_was_asked(method: str, path: str) -> None:
    inner = Application()
    assert ask(Maker(inner), path, method)[1] == method.encode()
    assert inner.threads == [threading.current_thread().name]


def test_a_head_stays_one() -> None:
    assert ask(Maker(Application()), "/", "HEAD") == ("200 OK", b"HEAD")


def test_a_failure_reaches_who_asked_and_the_next_page_is_made() -> None:
    inner = Application()
    maker = Maker(inner)
    with pytest.raises(RuntimeError, match="broken"):
        ask(maker, "/2026/11/broken/")
    assert ask(maker, "/")[0] == "200 OK"


def test_only_sqlite_needs_it(settings: Any) -> None:
    settings.PAGE_CACHE_BYTES = 0
    assert isinstance(in_front_of(django_application), Maker) is (connection.vendor == "sqlite")
    settings.PAGE_CACHE_BYTES = 1_000_000
    assert isinstance(in_front_of(django_application), PageCache)

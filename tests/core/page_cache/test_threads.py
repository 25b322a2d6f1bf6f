"""The two dedicated threads that make pages and take comments on SQLite."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory

from config.wsgi import django_application
from core.page_cache import with_dedicated_threads
from core.page_cache.threads import DedicatedThreads

HOST = "127.0.0.1:8000"


class Application:
    """Records in which threads it was called, and how often twice at once."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.at_once = 0
        self.in_use = threading.Semaphore(1)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not self.in_use.acquire(blocking=False):
            self.at_once += 1
        self.threads.append(threading.current_thread().name)
        if "broken" in environ["PATH_INFO"]:
            raise RuntimeError("broken")
        start_response("200 OK", [("Content-Type", "text/plain")])
        self.in_use.release()
        return [environ["REQUEST_METHOD"].encode()]


def ask(application: Callable[..., Iterable[bytes]], path: str, method: str = "GET", **more: Any) -> tuple[str, bytes]:
    environ = RequestFactory(headers={"host": HOST}).generic(method, path).environ | more
    statuses: list[str] = []
    body = b"".join(application(environ, lambda status, headers, exc_info=None: statuses.append(status)))
    return statuses[0], body


def send(application: Callable[..., Iterable[bytes]], path: str) -> tuple[str, bytes]:
    """Post a form whose body has arrived."""
    return ask(application, path, "POST", **{"wsgi.input": BytesIO(b"text=Yes")})


def test_one_thread_makes_pages_one_after_the_other() -> None:
    inner = Application()
    threads = DedicatedThreads(inner)
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _number: ask(threads, "/"), range(100)))
    assert set(answers) == {("200 OK", b"GET")}
    assert inner.at_once == 0
    assert len({*inner.threads}) == 1
    assert inner.threads[0].startswith("read")


def test_requests_at_the_end_of_the_process_are_finished() -> None:
    inner = Application()
    threads = DedicatedThreads(inner)
    for thread in (threads._read_thread, threads._write_thread):  # as Python does at exit
        thread.shutdown()
    assert ask(threads, "/") == ("200 OK", b"GET")
    assert send(threads, "/comments/new/1/") == ("200 OK", b"POST")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/comments/new/1/"),  # its body may not have arrived
        ("PUT", "/comments/new/1/"),
        ("GET", "/admin/"),
        ("GET", "/search/?q=word"),
        ("GET", "/comments/yours/"),
        ("POST", "/"),
    ],
)
def test_other_requests_stay_in_the_thread_of_the_server(method: str, path: str) -> None:
    inner = Application()
    assert ask(DedicatedThreads(inner), path, method)[1] == method.encode()
    assert inner.threads == [threading.current_thread().name]


def test_one_thread_takes_comments_one_after_the_other() -> None:
    inner = Application()
    threads = DedicatedThreads(inner)
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda number: send(threads, f"/comments/new/{number}/"), range(100)))
    assert set(answers) == {("200 OK", b"POST")}
    assert inner.at_once == 0
    assert len({*inner.threads}) == 1
    assert inner.threads[0].startswith("write")


@pytest.mark.parametrize("path", ["/comments/confirm/1/", "/comments/new/1/"])
def test_both_forms_run_in_the_write_thread(path: str) -> None:
    inner = Application()
    send(DedicatedThreads(inner), path)
    assert inner.threads[0].startswith("write")


@pytest.mark.parametrize("path", ["/admin/", "/comments/yours/", "/nowhere/", "/comments/new/x/", "/" + "a" * 5000])
def test_other_posts_stay_in_the_thread_of_the_server(path: str) -> None:
    inner = Application()
    send(DedicatedThreads(inner), path)
    assert inner.threads == [threading.current_thread().name]


class Waiting:
    """Holds comments back until it may continue, and records which it has begun. Pages are made at once."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.waits, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            self.begun.append(environ["PATH_INFO"])
            self.waits.set()
            assert self.may_go_on.wait(30)
        start_response("200 OK", [])
        return [b"done"]


def test_pages_are_made_while_a_comment_waits() -> None:
    inner = Waiting()
    threads = DedicatedThreads(inner)
    with ThreadPoolExecutor(1) as writer:
        comment = writer.submit(send, threads, "/comments/new/1/")
        assert inner.waits.wait(30)
        assert ask(threads, "/") == ("200 OK", b"done")
        inner.may_go_on.set()
        assert comment.result() == ("200 OK", b"done")


def test_a_comment_that_waits_too_long_behind_another_gets_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.page_cache.threads.WAIT_SECONDS", 0.1)
    inner = Waiting()
    threads = DedicatedThreads(inner)
    with ThreadPoolExecutor(2) as writers:
        first = writers.submit(send, threads, "/comments/new/1/")
        assert inner.waits.wait(30)
        second = writers.submit(send, threads, "/comments/new/2/")
        try:
            assert second.result(30)[0].startswith("503")
        finally:
            inner.may_go_on.set()
        assert first.result(30) == ("200 OK", b"done")  # a comment that has begun is finished
    assert send(threads, "/comments/new/3/") == ("200 OK", b"done")
    assert inner.begun == ["/comments/new/1/", "/comments/new/3/"]


def test_a_timeout_error_of_the_application_is_passed_on() -> None:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise TimeoutError("of mine")

    with pytest.raises(TimeoutError, match="of mine"):
        ask(DedicatedThreads(application), "/")


def test_a_head_request_stays_one() -> None:
    assert ask(DedicatedThreads(Application()), "/", "HEAD") == ("200 OK", b"HEAD")


def test_an_error_is_passed_on_and_the_next_page_is_made() -> None:
    inner = Application()
    threads = DedicatedThreads(inner)
    with pytest.raises(RuntimeError, match="broken"):
        ask(threads, "/2026/11/broken/")
    assert ask(threads, "/")[0] == "200 OK"


def test_only_sqlite_gets_dedicated_threads() -> None:
    assert isinstance(with_dedicated_threads(django_application), DedicatedThreads) is (connection.vendor == "sqlite")

"""Clients that send a form slowly or never finish it, and forms that wait for the database."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from core.server.request_bodies import (
    BLOCKING_THREADS,
    HANDLED_PATIENCE_SECONDS,
    MAX_ARRIVING,
    MAX_SHORT_BODY,
    limit_request_bodies,
)

LONG = 20  # seconds; only a failing test waits so long


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Read the body as Django does, and send it back."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])) if "CONTENT_LENGTH" in environ else b""
    start_response("200 OK", [])
    return [body]


class Server:
    """As many threads as granian has, each of which handles one request at a time."""

    def __init__(self, exits: ExitStack) -> None:
        self.writes = threading.Event()  # set while the database accepts writes
        self.writes.set()
        self.application = limit_request_bodies(self._run)
        self._threads = exits.enter_context(ThreadPoolExecutor(BLOCKING_THREADS))
        self._exits = exits

    def _run(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = echo(environ, start_response)
        assert environ["REQUEST_METHOD"] == "GET" or self.writes.wait(LONG)
        return response

    def _handle(self, environ: dict[str, Any]) -> tuple[str, bytes]:
        started: list[str] = []
        body = b"".join(self.application(environ, lambda status, headers: started.append(status)))
        return started[0], body

    def get(self) -> tuple[str, bytes]:
        return self._threads.submit(self._handle, {"REQUEST_METHOD": "GET"}).result(LONG)

    def begin(self, length: int = 7) -> "tuple[Future[tuple[str, bytes]], int]":
        """A request whose body has not been sent yet, and the file descriptor to write it to."""
        read, write = os.pipe()
        stream = os.fdopen(read, "rb")
        self._exits.callback(stream.close)
        environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(length), "wsgi.input": stream}
        return self._threads.submit(self._handle, environ), write


def write_all(end: int, body: bytes) -> None:
    with suppress(BrokenPipeError), os.fdopen(end, "wb") as file:
        file.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    with ExitStack() as exits:
        yield Server(exits)


@pytest.mark.parametrize("length", [7, MAX_SHORT_BODY + 1])
def test_clients_that_never_finish_a_form_do_not_block_readers(server: Server, length: int) -> None:
    forms = [server.begin(length) for _ in range(2 * BLOCKING_THREADS)]
    try:
        assert server.get() == ("200 OK", b"")
        refused = [sent for sent, _rest in forms if sent.done()]
        assert {sent.result()[0] for sent in refused} == {"503 Service Unavailable"}
    finally:
        for _sent, rest in forms:
            threading.Thread(target=write_all, args=(rest, b"x" * length)).start()
    assert len([sent for sent, _rest in forms if sent.result(LONG)[0] == "200 OK"]) >= MAX_ARRIVING


@pytest.mark.parametrize("length", [7, MAX_SHORT_BODY + 1])
@pytest.mark.parametrize("sent", [b"", b"Half a "])
def test_a_truncated_body_is_refused(server: Server, length: int, sent: bytes) -> None:
    answer, rest = server.begin(length + 1)
    write_all(rest, sent)
    assert answer.result(LONG)[0] == "400 Bad Request"
    again, rest = server.begin(length)
    write_all(rest, b"x" * length)
    assert again.result(LONG) == ("200 OK", b"x" * length)


def test_uploads_of_films_do_not_block_comments(server: Server) -> None:
    films = [server.begin(MAX_SHORT_BODY + 1) for _ in range(MAX_ARRIVING)]
    sent, rest = server.begin()
    os.write(rest, b"comment")
    try:
        assert sent.result(LONG) == ("200 OK", b"comment")
    finally:
        for end in (rest, *(rest for _sent, rest in films)):
            os.close(end)


@pytest.mark.parametrize("length", [7, MAX_SHORT_BODY + 1])
def test_forms_that_wait_for_the_database_do_not_block_readers(server: Server, length: int) -> None:
    server.writes.clear()
    forms = [server.begin(length) for _ in range(20 * BLOCKING_THREADS)]
    began = time.monotonic()
    for _sent, rest in forms:
        threading.Thread(target=write_all, args=(rest, b"x" * length)).start()
    assert server.get() == ("200 OK", b"")
    assert time.monotonic() - began < 3 * HANDLED_PATIENCE_SECONDS  # the forms did not wait one by one
    server.writes.set()
    assert [sent.result(LONG)[0] for sent, _rest in forms].count("200 OK") >= MAX_ARRIVING


@pytest.mark.parametrize("length", [1, MAX_SHORT_BODY, MAX_SHORT_BODY + 1])
def test_a_body_arrives_completely(server: Server, length: int) -> None:
    sent, rest = server.begin(length)
    with os.fdopen(rest, "wb") as file:
        file.write(b"x" * length)
    assert sent.result(LONG) == ("200 OK", b"x" * length)

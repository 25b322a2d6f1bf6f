"""Reads request bodies so that slow senders cannot occupy every thread.

granian hands over a request when its headers have arrived, and then waits for the body without limit. So a handful of
clients that start to send a form and never finish would stop the whole site, including pages from memory. nginx reads a
form before it passes the request on; Caddy does not.

A request that has arrived may have to wait as well: on SQLite for another writer, and a migration writes for seconds.
"""

import os
from collections.abc import Callable, Iterable
from io import BytesIO, IOBase
from threading import BoundedSemaphore, Event
from typing import Any

from django.core.exceptions import BadRequest

# Requests that are handled at once; more would only wait for each other. Above this number granian warns.
BLOCKING_THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)
# Short bodies that may be arriving at once, and the same number of long ones: a film takes minutes, and no comment must
# wait for it. At least one thread is left for readers.
MAX_ARRIVING = max(1, (BLOCKING_THREADS - 1) // 2)
ARRIVING_PATIENCE_SECONDS = 0.25  # for a slot; a form of usual size arrives with its headers and frees its slot at once
# Requests with a body that may be arriving or being handled, and how long another one waits: a disk may be busy for a
# moment.
MAX_HANDLED, HANDLED_PATIENCE_SECONDS = max(1, BLOCKING_THREADS - 1), 1.0
METHODS_WITHOUT_BODY = ("GET", "HEAD")  # Django does not read the body of these
MAX_SHORT_BODY = 64 * 1024  # bytes, which are read into memory: comments are as short, pictures are not

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApplication = Callable[[Environ, StartResponse], Iterable[bytes]]


class Slots:
    """A semaphore on which requests wait for a moment only.

    Once a request has waited in vain, no other waits until a slot is released: they would wait one after the other in
    the one thread that is left for readers.
    """

    def __init__(self, number: int, patience: float) -> None:
        self._semaphore = BoundedSemaphore(number)
        self._patience = patience  # seconds
        self._is_crowded = Event()

    def acquire(self) -> bool:
        """Take a slot and return True, or return False if none was released in time."""
        acquired = self._semaphore.acquire(timeout=0 if self._is_crowded.is_set() else self._patience)
        if not acquired:
            self._is_crowded.set()
        return acquired

    def release(self) -> None:
        self._semaphore.release()
        self._is_crowded.clear()


class CompleteBody(IOBase):
    """A body that is read as it arrives, and must arrive completely.

    When the client disconnects, granian returns what has arrived as if it were the whole body. Without this class, half
    of a comment would be published.
    """

    def __init__(self, body: Any, length: int) -> None:
        self._body = body
        self._left = length

    def read(self, size: int = -1, /) -> bytes:
        """The next `size` bytes, or fewer at the end of the body. Raises BadRequest if they do not arrive."""
        parts, wanted = [], min(size, self._left) if size >= 0 else self._left
        while wanted:
            part: bytes = self._body.read(wanted)
            if not part:
                raise BadRequest("The body is shorter than its Content-Length.")
            parts.append(part)
            wanted -= len(part)
            self._left -= len(part)
        return b"".join(parts)


def limit_request_bodies(application: WsgiApplication) -> WsgiApplication:
    """Wrap `application` so that a limited number of requests with a body reach it at once.

    Fewer may have their body arriving at once. A request beyond the limits gets a 503.
    """
    handled = Slots(MAX_HANDLED, HANDLED_PATIENCE_SECONDS)
    arriving_short = Slots(MAX_ARRIVING, ARRIVING_PATIENCE_SECONDS)
    arriving_long = Slots(MAX_ARRIVING, ARRIVING_PATIENCE_SECONDS)

    def handle(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        length = _content_length(environ)
        if environ["REQUEST_METHOD"] in METHODS_WITHOUT_BODY or not length:
            return application(environ, start_response)
        if not handled.acquire():
            return service_unavailable(start_response)
        try:
            return receive(length, environ, start_response)
        finally:
            handled.release()

    def receive(length: int, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        slots = arriving_short if length <= MAX_SHORT_BODY else arriving_long
        if not slots.acquire():
            return service_unavailable(start_response)
        body = CompleteBody(environ["wsgi.input"], length)
        try:
            if length > MAX_SHORT_BODY:
                return application(environ | {"wsgi.input": body}, start_response)
            data = body.read(length)
        except BadRequest:
            return _plain_text(
                start_response,
                "400 Bad Request",
                b"What you sent did not arrive completely. Go back and send it again.",
            )
        finally:
            slots.release()
        return application(environ | {"wsgi.input": BytesIO(data)}, start_response)

    return handle


def _content_length(environ: Environ) -> int:
    """The length of the body in bytes, or 0 if the request does not state it: then Django does not read the body."""
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isdigit() else 0


def service_unavailable(start_response: StartResponse) -> Iterable[bytes]:
    """Respond with a 503 that asks the visitor to try again."""
    sentence = b"The site is receiving too much just now. Go back and try again in a minute."
    return _plain_text(start_response, "503 Service Unavailable", sentence, ("Retry-After", "60"))


def _plain_text(start_response: StartResponse, status: str, text: bytes, *headers: tuple[str, str]) -> Iterable[bytes]:
    standard = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(text)),
        "Cache-Control": "no-store",
    }
    start_response(status, [*standard.items(), *headers])
    return [text]

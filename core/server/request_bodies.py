"""Takes in what is sent to us without letting those who send it slowly hold every thread.

granian hands over a request when its headers are there, and waits for the body without an end; so a handful of visitors
who begin a form and never finish it would stop the whole site, pages from memory included. nginx takes in a form before
it asks us, Caddy does not.

What is there as a whole may have to wait, too: on SQLite for whoever writes, and a migration writes for seconds.
"""

import os
from collections.abc import Callable, Iterable
from io import BytesIO, IOBase
from threading import BoundedSemaphore, Event
from typing import Any

from django.core.exceptions import BadRequest

# Requests that are worked on at once; more would only wait for each other. Above this granian warns.
BLOCKING_THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)
# Bodies that may be on their way, of either length: a film takes minutes, and no comment shall wait for it. At least
# one thread is left for those who read.
AT_ONCE = max(1, (BLOCKING_THREADS - 1) // 2)
PATIENCE_SECONDS = 0.25  # for a place. A form of usual size is there with its headers, and leaves it at once
# Requests with a body that are on their way or worked on, and how long one more waits: a disk may be busy for a moment.
AT_WORK, AT_WORK_PATIENCE_SECONDS = max(1, BLOCKING_THREADS - 1), 1.0
READS = ("GET", "HEAD")  # of whose bodies Django reads none
SHORT = 64 * 1024  # bytes, that are taken into memory: a comment is as short, a picture is not

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApplication = Callable[[Environ, StartResponse], Iterable[bytes]]


class Slots:
    """Room for so many at once. Who finds none waits for a moment, but nobody does once somebody has waited in vain:
    they would wait in the one thread that is left for those who read, one after the other.
    """

    def __init__(self, number: int, patience: float) -> None:
        self._free = BoundedSemaphore(number)
        self._patience = patience  # seconds
        self._is_crowded = Event()

    def take(self) -> bool:
        """Whether there was one; then `leave` it."""
        found = self._free.acquire(timeout=0 if self._is_crowded.is_set() else self._patience)
        if not found:
            self._is_crowded.set()
        return found

    def leave(self) -> None:
        self._free.release()
        self._is_crowded.clear()


class CompleteBody(IOBase):
    """A body that is read as it comes in. Where the sender goes away, granian gives what had come as if it were all:
    half of a comment would be published.
    """

    def __init__(self, body: Any, length: int) -> None:
        self._body = body
        self._left = length

    def read(self, size: int = -1, /) -> bytes:
        """The next `size` bytes; fewer at the end alone. Raises BadRequest where they do not come."""
        parts, wanted = [], min(size, self._left) if size >= 0 else self._left
        while wanted:
            part: bytes = self._body.read(wanted)
            if not part:
                raise BadRequest("The body ends before its end.")
            parts.append(part)
            wanted -= len(part)
            self._left -= len(part)
        return b"".join(parts)


def limit_request_bodies(application: WsgiApplication) -> WsgiApplication:
    """`application`, which only so many requests with a body ask at once, and fewer while their bodies are on their
    way. What is beyond is told to come again.
    """
    at_work = Slots(AT_WORK, AT_WORK_PATIENCE_SECONDS)
    of_short, of_long = Slots(AT_ONCE, PATIENCE_SECONDS), Slots(AT_ONCE, PATIENCE_SECONDS)

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in READS or not (length := _length(environ)):
            return application(environ, start_response)
        if not at_work.take():
            return service_unavailable(start_response)
        try:
            return take_in(length, environ, start_response)
        finally:
            at_work.leave()

    def take_in(length: int, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        places = of_short if length <= SHORT else of_long
        if not places.take():
            return service_unavailable(start_response)
        body = CompleteBody(environ["wsgi.input"], length)
        try:
            if length > SHORT:
                return application(environ | {"wsgi.input": body}, start_response)
            words = body.read(length)
        except BadRequest:
            return _say(start_response, "400 Bad Request", b"This did not arrive whole. Go back, and send it again.")
        finally:
            places.leave()
        return application(environ | {"wsgi.input": BytesIO(words)}, start_response)

    return answer


def _length(environ: Environ) -> int:
    """Bytes of the body that will be read: Django reads none that does not say how long it is."""
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isdigit() else 0


def service_unavailable(start_response: StartResponse) -> Iterable[bytes]:
    """Tell them to come again."""
    sentence = b"Too much is being sent to us just now. Go back, and try it again in a minute."
    return _say(start_response, "503 Service Unavailable", sentence, ("Retry-After", "60"))


def _say(start_response: StartResponse, status: str, sentence: bytes, *headers: tuple[str, str]) -> Iterable[bytes]:
    usual = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(sentence)),
        "Cache-Control": "no-store",
    }
    start_response(status, [*usual.items(), *headers])
    return [sentence]

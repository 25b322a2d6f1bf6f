"""Takes in what is sent to us without letting those who send it slowly hold every thread.

granian hands over a request when its headers are there, and waits for the body without an end; so a handful of visitors
who begin a form and never finish it would stop the whole site, pages from memory included. nginx takes in a form before
it asks us, Caddy does not.

What is there as a whole may have to wait, too: on SQLite for whoever writes, and a migration writes for seconds.
"""

import os
from collections.abc import Callable, Iterable
from io import BytesIO
from threading import BoundedSemaphore
from typing import Any

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


def taking_turns(application: WsgiApplication) -> WsgiApplication:
    """`application`, which only so many requests with a body ask at once, and fewer while their bodies are on their
    way. What is beyond is told to come again.
    """
    at_work, of_short, of_long = BoundedSemaphore(AT_WORK), BoundedSemaphore(AT_ONCE), BoundedSemaphore(AT_ONCE)

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in READS or not (length := _length(environ)):
            return application(environ, start_response)
        if not at_work.acquire(timeout=AT_WORK_PATIENCE_SECONDS):
            return busy(start_response)
        try:
            return take_in(length, environ, start_response)
        finally:
            at_work.release()

    def take_in(length: int, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        places = of_short if length <= SHORT else of_long
        if not places.acquire(timeout=PATIENCE_SECONDS):
            return busy(start_response)
        try:
            if length > SHORT:
                return application(environ, start_response)
            body = environ["wsgi.input"].read(length)
        finally:
            places.release()
        return application(environ | {"wsgi.input": BytesIO(body)}, start_response)

    return answer


def _length(environ: Environ) -> int:
    """Bytes of the body that will be read: Django reads none that does not say how long it is."""
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isdigit() else 0


def busy(start_response: StartResponse) -> Iterable[bytes]:
    """Tell them to come again."""
    sentence = b"Too much is being sent to us just now. Go back, and try it again in a minute."
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(sentence)),
        "Cache-Control": "no-store",
        "Retry-After": "60",
    }
    start_response("503 Service Unavailable", list(headers.items()))
    return [sentence]

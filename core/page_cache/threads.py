"""Two dedicated threads for what a site on SQLite mostly does: one makes public pages, one takes comments.

SQLite works inside our own process, and each of the sixty rows that a page reads is an occasion for threads to compete
for the interpreter. When five threads made pages at once, each page took 6.5 ms of the processor; one thread needs 3.3
and always has a warm connection. With eight clients that comment at once, one thread takes 558 comments a second, and
five take 454. PostgreSQL works in a process of its own, and another thread may continue meanwhile.

There are two threads, because a writer may have to wait for another process; readers must not wait with it.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO

from core.page_cache.layer import MAX_URL_LENGTH, WAIT_SECONDS, key_of_request, response_of
from core.page_cache.policy import is_for_write_thread
from core.server.request_bodies import Environ, StartResponse, WsgiApplication, service_unavailable


class DedicatedThreads:
    """A WSGI application that runs the one behind it in a dedicated thread.

    Requests for other pages run in the thread of the server: they may wait for a request body, or take long.
    """

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix="read")
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="write")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        thread = self._thread_for(environ)
        if thread is None:
            return self._application(environ, start_response)
        try:
            future = thread.submit(response_of, self._application, environ)
        except RuntimeError:  # the process is ending and its pools take nothing more, but this request must be finished
            return self._application(environ, start_response)
        try:
            response = future.result(WAIT_SECONDS)
        except TimeoutError:  # ours, or one that the application raised
            # While another process writes without end, each comment waits 20 s for it; the fourth would wait 80 s.
            if future.cancel():
                return service_unavailable(start_response)
            response = future.result()
        start_response(response.status, response.headers)
        return [response.body]

    def _thread_for(self, environ: Environ) -> ThreadPoolExecutor | None:
        match environ["REQUEST_METHOD"]:
            case "GET" | "HEAD":
                return self._read_thread if key_of_request(environ, environ["wsgi.url_scheme"]) else None
            case "POST":
                return self._write_thread if _is_complete_write(environ) else None
        return None


def _is_complete_write(environ: Environ) -> bool:
    """Whether the request is for the write thread and its body has arrived: one on its way would block all others."""
    path = environ["PATH_INFO"]
    has_arrived = isinstance(environ["wsgi.input"], BytesIO)
    return has_arrived and len(path) <= MAX_URL_LENGTH and _is_for_write_thread(path)


@lru_cache(maxsize=1000)
def _is_for_write_thread(path: str) -> bool:
    return is_for_write_thread(path)

"""Two threads that do on SQLite what a site mostly does: one makes the public pages, and one takes the comments.

There the database works inside our own process, and each of the sixty rows that a page reads is an occasion for
threads to fight for the interpreter: where five made pages at once, each took 6.5 ms of the processor; one thread needs
3.3, and always has its connection warm. Eight visitors who comment at once get 558 comments a second taken by one
thread, and 454 by five. PostgreSQL answers from elsewhere, and meanwhile another thread may go on.

Two, because who writes may have to wait for another process, and nobody who reads shall.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO

from core.page_cache.layer import LONGEST, PATIENCE_SECONDS, answer_of, key_in
from core.page_cache.policy import is_for_write_thread
from core.server.request_bodies import Environ, StartResponse, WsgiApplication, service_unavailable


class DedicatedThreads:
    """A WSGI application. Whatever else is asked is answered by the thread that was asked, as ever: it may wait for the
    body of a request, or take long.
    """

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix="pages")
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="writes")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        thread = self._thread_for(environ)
        if thread is None:
            return self._application(environ, start_response)
        try:
            waiting = thread.submit(answer_of, self._application, environ)
        except RuntimeError:  # the process ends: the threads take nothing more, but what is in hand shall be finished
            return self._application(environ, start_response)
        try:
            answer = waiting.result(PATIENCE_SECONDS)
        except TimeoutError:  # ours, or one of the application's own
            # Where another process writes without an end, each comment waits 20 s for it, and the fourth would for 80.
            if waiting.cancel():
                return service_unavailable(start_response)
            answer = waiting.result()
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _thread_for(self, environ: Environ) -> ThreadPoolExecutor | None:
        match environ["REQUEST_METHOD"]:
            case "GET" | "HEAD":
                return self._read_thread if key_in(environ, environ["wsgi.url_scheme"]) else None
            case "POST":
                return self._write_thread if _is_comment(environ) else None
        return None


def _is_comment(environ: Environ) -> bool:
    """Whether it is one, and whole: a body that is still on its way would hold up all others."""
    path = environ["PATH_INFO"]
    return isinstance(environ["wsgi.input"], BytesIO) and len(path) <= LONGEST and _is_for_write_thread(path)


@lru_cache(maxsize=1000)
def _is_for_write_thread(path: str) -> bool:
    return is_for_write_thread(path)

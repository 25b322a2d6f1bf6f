"""One thread that makes the public pages of a site on SQLite, one after the other.

There the database works inside our own process, and each of the sixty rows that a page reads is an occasion for
threads to fight for the interpreter: where five made pages at once, each took 6.5 ms of the processor; one thread needs
3.3, and always has its connection warm. PostgreSQL answers from elsewhere, and meanwhile another thread may go on.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from blog.page_cache.layer import Environ, StartResponse, WsgiApplication, answer_of, key_in


class Maker:
    """A WSGI application. What is no public page is answered by the thread that was asked, as ever: it may wait for the
    body of a request, or take long.
    """

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="maker")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or key_in(environ, environ["wsgi.url_scheme"]) is None:
            return self._application(environ, start_response)
        answer = self._thread.submit(answer_of, self._application, environ).result()
        start_response(answer.status, answer.headers)
        return [answer.body]

"""A bare WSGI application: looks an answer up and sends it."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from bench.bare.pages import kept

ANSWERS = {f"/{name}/": answer for name, answer in kept().items()}


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    answer = ANSWERS.get(environ["PATH_INFO"])
    if answer is None:
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]
    start_response("200 OK", answer.headers)
    return [answer.body]

"""A bare WSGI application that looks up a recorded response and sends it."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from bench.bare.responses import load_all

RESPONSES = {f"/{name}/": response for name, response in load_all().items()}


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    response = RESPONSES.get(environ["PATH_INFO"])
    if response is None:
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]
    start_response("200 OK", response.headers)
    return [response.body]

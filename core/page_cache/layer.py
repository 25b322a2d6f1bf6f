"""The outermost layer: serves from memory the pages that are stored there, and has Django make the others.

If a page is not in memory, one request makes it. Requests for the same page that arrive meanwhile wait, or get the
previous copy if nothing was removed since it was made. A page is made without cookies and without anything else that
its URL does not say, so it is the same for everybody.
"""

import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import get_path_info
from django.http import QueryDict
from django.http.request import split_domain_port, validate_host

from core.page_cache.fragments import FRESHNESS
from core.page_cache.freshness import Freshness
from core.page_cache.pages import Headers, Page, PageStore, best_encoding
from core.page_cache.policy import TAGS, policy_of
from core.server.request_bodies import Environ, StartResponse, WsgiApplication

Key = tuple[str, ...]  # scheme, domain, path, query

WAIT_SECONDS = 30.0  # for a page that another request makes
# A page this young is served although something was added since. While comments pour in, it is made ten times a second
# instead of for every reader. Nobody who has just commented comes back to the page sooner.
MAX_LAG_SECONDS = 0.1
# Conditions on the copy that a client has. With them Django would return 304 or a part, neither of which can be stored.
CONDITIONAL_HEADERS = (
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MATCH",
    "HTTP_RANGE",
    "HTTP_IF_RANGE",
)
VARIANT_HEADERS = {"content-length", "etag", "content-encoding", "vary"}  # differ between the encodings of a page
HEADERS_IN_304 = {"cache-control", "etag", "vary", "content-security-policy"}
MAX_URL_LENGTH = 1_000  # characters of scheme, host, path and query; invented longer ones must not fill the memory


@dataclass
class Response:
    """A response of the application."""

    status: str
    headers: Headers
    body: bytes = b""

    @property
    def is_cacheable(self) -> bool:
        """Whether it is a page that is the same for everybody: its Cache-Control says so, and no header denies it."""
        headers = {name.lower(): value for name, value in self.headers}
        varies_on = {name.strip().lower() for name in headers.get("vary", "").split(",")} - {"", "accept-encoding"}
        is_public = "public" in headers.get("cache-control", "")
        return self.status.startswith("200") and is_public and "set-cookie" not in headers and not varies_on

    @property
    def shared_headers(self) -> Headers:
        """The headers that all encodings of the page have in common."""
        shared = [(name, value) for name, value in self.headers if name.lower() not in VARIANT_HEADERS]
        return [*shared, ("Vary", "Accept-Encoding")]


class PageCache:
    """A WSGI application that stores up to `max_bytes` of pages of the one behind it.

    With 0 it stores no pages. It still tells views how fresh their fragments are (`fragments`).
    """

    def __init__(self, application: WsgiApplication, *, max_bytes: int) -> None:
        self.freshness = Freshness()
        self._application = application
        self._pages = PageStore(max_bytes)
        self._stores_pages = max_bytes > 0
        self._in_progress: dict[Key, threading.Event] = {}
        self._lock = threading.Lock()
        self._scheme_header = (settings.SECURE_PROXY_SSL_HEADER or ("", ""))[0]
        self._shared_seconds = settings.SHARED_CACHE_SECONDS  # here, because reading a setting takes 0.5 µs

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return self._forward(environ, start_response)
        scheme = (self._scheme_header and environ.get(self._scheme_header)) or environ["wsgi.url_scheme"]
        key = key_of_request(environ, scheme)
        if key is None or not self.freshness.refresh():
            return self._application(environ, start_response)
        if not self._stores_pages:
            return self._application({**environ, FRESHNESS: self.freshness}, start_response)
        found = self._fresh_page(key) or self._new_page(key, environ)
        if isinstance(found, Page):
            return self._send(found, environ, start_response)
        start_response(found.status, found.headers)
        return [found.body] if method == "GET" else []

    def _fresh_page(self, key: Key) -> Page | None:
        """The stored page, if nothing has changed since it was made, or if it is young and nothing was removed."""
        page = self._pages.get(key)
        number = self.freshness.number  # read before the check: a page found fresh at a poll is so until the next one
        if page is None or page.fresh_at == number:
            return page
        if not self.freshness.is_fresh(page.stamp, page.tags):
            is_young = time.monotonic() - page.begun_at < MAX_LAG_SECONDS
            return page if is_young and self.freshness.may_serve_stale(page.stamp, page.tags) else None
        page.fresh_at = number
        self._pages.touch(key)  # once for each poll, that is each second: enough to tell which pages are in use
        return page

    def _new_page(self, key: Key, environ: Environ) -> Page | Response:
        """Have the first request make the page. If it cannot be stored, each request gets a response of its own."""
        while True:
            with self._lock:
                in_progress = self._in_progress.get(key)
                if in_progress is None:
                    self._in_progress[key] = threading.Event()
            if in_progress is None:
                try:  # another request may have stored it since our check
                    return self._fresh_page(key) or self._make(key, environ)
                finally:
                    self._in_progress.pop(key).set()
            previous = self._pages.get(key)
            if previous and self.freshness.may_serve_stale(previous.stamp, previous.tags):
                return previous
            if not in_progress.wait(WAIT_SECONDS):
                return self._make(key, environ)
            if page := self._fresh_page(key):
                return page
            if not self._pages.get(key):
                return self._make(key, environ)

    def _make(self, key: Key, environ: Environ) -> Page | Response:
        # Read before the view begins, so that a change which is committed meanwhile makes the page stale.
        stamp, begun_at = self.freshness.number, time.monotonic()
        request = {**anonymous_request(environ, key), FRESHNESS: self.freshness}
        response = response_of(self._application, request)
        tags = tags_of(request)
        if not (response.is_cacheable and tags):
            self._pages.drop(key)
            return response
        page = Page(response.shared_headers, response.body, tags, stamp, begun_at)
        self._pages.put(key, page)
        return page

    def _forward(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Forward a request that may write. Poll right after it, so that this process knows of its changes at once."""
        try:
            return self._application(environ, start_response)
        finally:
            self.freshness.poll_soon()

    def _send(self, page: Page, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        variant = page.variant(best_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")))
        headers = variant.headers
        if self.freshness.shared_seconds < self._shared_seconds:
            headers = _with_max_shared_age(headers, self.freshness.shared_seconds)
        if _matches(environ.get("HTTP_IF_NONE_MATCH"), variant.etag):
            start_response("304 Not Modified", [header for header in headers if header[0].lower() in HEADERS_IN_304])
            return []
        start_response("200 OK", headers)
        return [variant.body] if environ["REQUEST_METHOD"] == "GET" else []


def key_of_request(environ: Environ, scheme: str) -> Key | None:
    """The key of the page that a GET or HEAD requests, or None if it must not be cached."""
    host, path, query = environ.get("HTTP_HOST", ""), environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    is_short = len(scheme) + len(host) + len(path) + len(query) <= MAX_URL_LENGTH
    return key_of(scheme, host, path, query) if is_short else None


@lru_cache(maxsize=4096)
def key_of(scheme: str, host: str, path: str, query: str) -> Key | None:
    """The key of the page at this URL, or None if it must not be cached. The arguments are encoded as in WSGI.

    The key lacks the port: no page shows on which port it was requested, and a client could invent many.
    """
    path = get_path_info({"PATH_INFO": path})
    policy = policy_of(path)
    if policy is None:
        return None
    try:
        known = _known_part(query, policy.parameters) if query and policy.parameters else ""
    except SuspiciousOperation:
        return None
    domain, _port = split_domain_port(host)
    if not validate_host(domain, settings.ALLOWED_HOSTS):
        return None  # Django refuses the request
    return scheme.split(",", 1)[0].strip(), domain, path, known


def tags_of(environ: Environ) -> frozenset[str]:
    """Everything that the page made for this request depends on."""
    policy = policy_of(get_path_info(environ))
    return policy.tags.union(environ.get(TAGS, ())) if policy else frozenset()


def anonymous_request(environ: Environ, key: Key) -> Environ:
    """The request for the page of this key, without credentials and without conditions on the client's copy."""
    dropped = {*CONDITIONAL_HEADERS, "HTTP_COOKIE", "HTTP_AUTHORIZATION"}
    rest = {name: value for name, value in environ.items() if name not in dropped}
    return {**rest, "REQUEST_METHOD": "GET", "QUERY_STRING": key[-1]}


def _known_part(query: str, parameters: Iterable[str]) -> str:
    """The parameters of the query that the view reads, each once and in a fixed order.

    If one is there several times, the last value counts, as it does for Django.
    """
    values = QueryDict(query.encode("latin-1", "replace"))
    return urlencode([(name, values[name]) for name in parameters if name in values])


def response_of(application: WsgiApplication, environ: Environ) -> Response:
    """Call the application and read its response to the end."""
    started: list[Response] = []

    def start_response(status: str, headers: Headers, exc_info: object = None) -> None:
        started.append(Response(status, headers))

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return replace(started[-1], body=body)


def _matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this variant already. A proxy may have weakened the tag, which makes no difference."""
    if not if_none_match:
        return False
    return if_none_match.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))


def _with_max_shared_age(headers: Headers, seconds: int) -> Headers:
    """The headers with an s-maxage of at most `seconds`, after which the page changes by the clock."""

    def shorten(found: re.Match[str]) -> str:
        return f"s-maxage={min(int(found[1]), seconds)}"

    return [
        (name, re.sub(r"s-maxage=(\d+)", shorten, value) if name.lower() == "cache-control" else value)
        for name, value in headers
    ]

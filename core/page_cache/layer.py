"""The outermost layer: answers from memory what it can, and has Django make the rest.

For an address that is not in memory one request has the page made; the others wait, or take the copy of before if
nothing was taken away since. Whoever asks, the page is made without cookies and without what its address does not know.
"""

import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import get_path_info
from django.http import QueryDict
from django.http.request import split_domain_port, validate_host

from core.page_cache.freshness import Freshness
from core.page_cache.pages import Headers, Page, Pages, best_encoding
from core.page_cache.policy import TAGS, policy_of
from core.server.request_bodies import Environ, StartResponse, WsgiApplication

Key = tuple[str, ...]
Said = tuple[str, ...]  # what the lines of a request say

PATIENCE_SECONDS = 30.0  # for a page that somebody else makes
# So old a page may be and lack what was added since: where comments pour in, it is made ten times a second and not for
# every reader. Who has just commented needs longer to come back to it.
YOUNG_SECONDS = 0.1

# What a request says of the copy it has. Django would answer with half a page or none, which is no page to keep.
CONDITIONS = (
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MATCH",
    "HTTP_RANGE",
    "HTTP_IF_RANGE",
)
# Of the headers of a page, what each of its forms has of its own.
OF_FORM = {"content-length", "etag", "content-encoding", "vary"}
IN_304 = {"cache-control", "etag", "vary", "content-security-policy"}
MOST_READY, MOST_READY_BYTES = 200, 2_000_000  # answers that lie ready between two looks, and what they take
LONGEST = 1_000  # characters of an address with its query: whoever makes up longer ones fills no memory with them


@dataclass
class Answer:
    """What Django said."""

    status: str
    headers: Headers
    body: bytes = b""

    @property
    def may_be_kept(self) -> bool:
        """Whether it is a page, the same for everybody: it says so, and nothing else in it speaks against that."""
        told = {name.lower(): value for name, value in self.headers}
        differs_by = {name.strip().lower() for name in told.get("vary", "").split(",")} - {"", "accept-encoding"}
        is_public = "public" in told.get("cache-control", "")
        return self.status.startswith("200") and is_public and "set-cookie" not in told and not differs_by

    @property
    def shared_headers(self) -> Headers:
        kept = [(name, value) for name, value in self.headers if name.lower() not in OF_FORM]
        return [*kept, ("Vary", "Accept-Encoding")]


class Ready(NamedTuple):
    """What went out, and goes out again to whoever says the same word for word, until the look after this `number`."""

    key: Key
    number: int
    headers: Headers
    body: bytes


class PageCache:
    """A WSGI application. `room` is how many bytes of pages may lie in memory."""

    def __init__(self, application: WsgiApplication, *, room: int) -> None:
        self.freshness = Freshness()
        self._application = application
        self._pages = Pages(room)
        # Answers of one look. To find one takes 0.6 µs, to find page, form and headers 0.9; where five threads ask, a
        # twentieth more requests are served.
        self._ready: dict[Said, Ready] = {}
        self._ready_at = self._ready_bytes = 0  # the number of that look, and about what they take
        self._in_the_making: dict[Key, threading.Event] = {}
        self._lock = threading.Lock()
        self._scheme_header = (settings.SECURE_PROXY_SSL_HEADER or ("", ""))[0]
        self._shared_seconds = settings.SHARED_CACHE_SECONDS  # Django's settings take 0.5 µs to ask

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return self._pass_on(environ, start_response)
        said = self._said(environ, method)
        ready = self._ready.get(said)
        key = ready.key if ready else key_in(environ, said[0])
        if key is None or not self.freshness.is_known():
            return self._application(environ, start_response)
        if ready and ready.number == self.freshness.number:
            start_response("200 OK", ready.headers)
            return [ready.body]
        answer = self._good(key) or self._made(key, environ)
        if isinstance(answer, Page):
            return self._send(answer, environ, start_response, key, said)
        start_response(answer.status, answer.headers)
        return [answer.body] if method == "GET" else []

    def _said(self, environ: Environ, method: str) -> Said:
        """All that the answer from memory may depend on; the scheme comes first."""
        told = environ.get
        return (
            (self._scheme_header and told(self._scheme_header)) or environ["wsgi.url_scheme"],
            environ["PATH_INFO"],
            told("QUERY_STRING", ""),
            told("HTTP_HOST", ""),
            told("HTTP_ACCEPT_ENCODING", ""),
            told("HTTP_IF_NONE_MATCH", ""),
            method,
        )

    def _good(self, key: Key) -> Page | None:
        """The page in memory, if nothing has changed since it was made; or little, a moment ago."""
        page = self._pages.get(key)
        number = self.freshness.number  # before the question: what is found good at a look stays good until the next
        if page is None or page.known_good == number:
            return page
        if not self.freshness.covers(page.stamp, page.tags):
            is_young = time.monotonic() - page.begun_at < YOUNG_SECONDS
            return page if is_young and self.freshness.may_stand_in(page.stamp, page.tags) else None
        page.known_good = number
        self._pages.touch(key)  # once for each look: a second is fine enough to tell which pages are in use
        return page

    def _made(self, key: Key, environ: Environ) -> Page | Answer:
        """The page anew, by whoever comes first. What cannot be kept, each makes for themselves."""
        while True:
            with self._lock:
                making = self._in_the_making.get(key)
                if making is None:
                    self._in_the_making[key] = threading.Event()
            if making is None:
                try:  # somebody may have finished it since we looked
                    return self._good(key) or self._make(key, environ)
                finally:
                    self._in_the_making.pop(key).set()
            before = self._pages.get(key)
            if before and self.freshness.may_stand_in(before.stamp, before.tags):
                return before
            if not making.wait(PATIENCE_SECONDS):
                return self._make(key, environ)
            if page := self._good(key):
                return page
            if not self._pages.get(key):
                return self._make(key, environ)

    def _make(self, key: Key, environ: Environ) -> Page | Answer:
        # Before the view begins: a change that is committed meanwhile makes it too old.
        stamp, begun_at = self.freshness.number, time.monotonic()
        asked = plain(environ, key)
        answer = answer_of(self._application, asked)
        tags = tags_of(asked)
        if not (answer.may_be_kept and tags):
            self._pages.drop(key)
            return answer
        page = Page(answer.shared_headers, answer.body, tags, stamp, begun_at)
        self._pages.put(key, page)
        return page

    def _pass_on(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """A request that may write something. Once it is over, this process knows at once."""
        try:
            return self._application(environ, start_response)
        finally:
            self.freshness.poll_soon()

    def _send(
        self, page: Page, environ: Environ, start_response: StartResponse, key: Key, said: Said
    ) -> Iterable[bytes]:
        form = page.form(best_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")))
        headers = form.headers
        if self.freshness.shared_seconds < self._shared_seconds:
            headers = _until(headers, self.freshness.shared_seconds)
        if _has(environ.get("HTTP_IF_NONE_MATCH"), form.etag):
            start_response("304 Not Modified", [header for header in headers if header[0].lower() in IN_304])
            return []
        start_response("200 OK", headers)
        if environ["REQUEST_METHOD"] != "GET":
            return []
        self._keep_ready(said, Ready(key, page.known_good, headers, form.body))
        return [form.body]

    def _keep_ready(self, said: Said, ready: Ready) -> None:
        """Until the next look; with those of before go the pages that they hold."""
        size = len(ready.body)
        if ready.number != self.freshness.number or sum(map(len, said)) > LONGEST or size > MOST_READY_BYTES // 8:
            return
        is_full = len(self._ready) >= MOST_READY or self._ready_bytes + size > MOST_READY_BYTES
        if ready.number != self._ready_at or is_full:
            self._ready, self._ready_at, self._ready_bytes = {}, ready.number, 0
        self._ready[said] = ready
        self._ready_bytes += size


def key_in(environ: Environ, scheme: str) -> Key | None:
    """The key of the page that a GET or HEAD asks for, or None where it is none to keep."""
    host, path, query = environ.get("HTTP_HOST", ""), environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    is_short = len(scheme) + len(host) + len(path) + len(query) <= LONGEST
    return key_of(scheme, host, path, query) if is_short else None


@lru_cache(maxsize=4096)
def key_of(scheme: str, host: str, path: str, query: str) -> Key | None:
    """What tells the page that is asked for from all others, or None where it is none to keep. All is as WSGI has it.

    The port is not in it: no page says at which it was asked for, and whoever asks could make up many.
    """
    path = get_path_info({"PATH_INFO": path})
    policy = policy_of(path)
    if policy is None:
        return None
    try:
        known = _known(query, policy.parameters) if query and policy.parameters else ""
    except SuspiciousOperation:
        return None
    domain, _port = split_domain_port(host)
    if not validate_host(domain, settings.ALLOWED_HOSTS):
        return None  # Django says what it thinks of it
    return scheme.split(",", 1)[0].strip(), domain, path, known


def tags_of(environ: Environ) -> frozenset[str]:
    """Everything that the page which answered this request depends on."""
    policy = policy_of(get_path_info(environ))
    return policy.tags.union(environ.get(TAGS, ())) if policy else frozenset()


def plain(environ: Environ, key: Key) -> Environ:
    """The request for the page of this key, without who asks, and what they have already."""
    dropped = {*CONDITIONS, "HTTP_COOKIE", "HTTP_AUTHORIZATION"}
    kept = {name: value for name, value in environ.items() if name not in dropped}
    return {**kept, "REQUEST_METHOD": "GET", "QUERY_STRING": key[-1]}


def _known(query: str, parameters: Iterable[str]) -> str:
    """The part of the query that the page knows, each parameter once and always in one order. Of several the last
    counts, as it does for Django.
    """
    given = QueryDict(query.encode("latin-1", "replace"))
    return urlencode([(name, given[name]) for name in parameters if name in given])


def answer_of(application: WsgiApplication, environ: Environ) -> Answer:
    """Have the application answer, to the end."""
    started: list[Answer] = []

    def start_response(status: str, headers: Headers, exc_info: object = None) -> None:
        started.append(Answer(status, headers))

    parts = application(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return replace(started[-1], body=body)


def _has(if_none_match: str | None, etag: str) -> bool:
    """Whether the browser's copy is the one that it would get. A proxy may have made the tag a weak one."""
    if not if_none_match:
        return False
    return if_none_match.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))


def _until(headers: Headers, seconds: int) -> Headers:
    """The headers with no shared cache keeping the page for longer than that: then the clock changes it."""

    def shortened(found: re.Match[str]) -> str:
        return f"s-maxage={min(int(found[1]), seconds)}"

    return [
        (name, re.sub(r"s-maxage=(\d+)", shortened, value) if name.lower() == "cache-control" else value)
        for name, value in headers
    ]

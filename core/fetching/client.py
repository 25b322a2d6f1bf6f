"""Fetches small responses from other servers, none of which is trusted.

The URLs come from our table of providers, but every rule here holds as if a stranger had typed them. libcurl speaks TLS
and HTTP and limits the time of a response as a whole; it is told which IPs to connect to, so that it resolves no name.
"""

import io
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException, HTTPMessage, parse_headers
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import ceil
from typing import Any
from urllib.parse import urlsplit

import pycurl

from core.fetching.public_networks import is_public
from core.files.images import KINDS

SECONDS = 3.0  # for everything: name, connection, TLS and the whole response
JSON_BYTES = 256 * 1024
PICTURE_BYTES = 5 * 1024 * 1024
HEADER_BYTES = 64 * 1024  # of a response, with those of interim responses and with trailers
JSON_TYPES = frozenset({"application/json"})
PICTURE_TYPES = frozenset(kind.media_type for kind in KINDS.values())
USER_AGENT = "Imprimatur"
MAX_IPS = 8  # of a name that are tried

# A name in a public domain as its owner writes it: no IP in any notation, no brackets, nothing to smuggle.
_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PLAIN = re.compile(r"https://[!-~]+")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?![0-9])")

IPAddress = IPv4Address | IPv6Address


class Reason(StrEnum):
    URL = "the URL cannot be fetched"
    UNRESOLVED = "the name has no IP"
    NOT_PUBLIC = "the name has an IP that is not public"
    UNREACHABLE = "the connection failed or ended early"
    TLS = "the TLS connection cannot be trusted"
    TIMEOUT = "it took too long"
    REDIRECT = "the response is a redirect"
    STATUS = "the response is an error"
    TYPE = "the response has another type"
    TOO_LARGE = "the response is too large"
    GARBLED = "the response cannot be read"


class FetchFailed(Exception):
    """Nothing was fetched.

    `status` is that of the response, or 0 if none could be read. `is_page` is true if the response was an HTML page.
    """

    def __init__(self, reason: Reason, status: int = 0, *, is_page: bool = False) -> None:
        super().__init__(f"{reason} ({status})" if status else str(reason))
        self.reason = reason
        self.status = status
        self.is_page = is_page

    @property
    def is_temporary(self) -> bool:
        """Whether a retry in an hour may well succeed."""
        if self.reason == Reason.STATUS:
            return self.status in {408, 425, 429} or self.status >= 500
        return self.reason in {Reason.UNRESOLVED, Reason.UNREACHABLE, Reason.TIMEOUT}


# What holds for every request. By default, libcurl has no login and keeps nothing: no cookie, no HSTS, no Alt-Svc.
_RULES = {
    pycurl.PROTOCOLS: pycurl.PROTO_HTTPS,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
    pycurl.HTTP09_ALLOWED: False,
    pycurl.HTTP_CONTENT_DECODING: False,  # a small response could become a huge one
    pycurl.FOLLOWLOCATION: False,
    pycurl.NETRC: pycurl.NETRC_IGNORED,
    pycurl.PROXY: "",  # not even one of the environment
    pycurl.NOPROXY: "*",
    pycurl.SSL_VERIFYPEER: True,
    pycurl.SSL_VERIFYHOST: 2,  # the certificate must be for the host
    pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,  # or later
    pycurl.NOSIGNAL: True,  # signals are not safe in threads
    pycurl.USERAGENT: USER_AGENT,
}
_REASONS = {
    pycurl.E_COULDNT_CONNECT: Reason.UNREACHABLE,
    pycurl.E_GOT_NOTHING: Reason.UNREACHABLE,
    pycurl.E_PARTIAL_FILE: Reason.UNREACHABLE,
    pycurl.E_RECV_ERROR: Reason.UNREACHABLE,
    pycurl.E_SEND_ERROR: Reason.UNREACHABLE,
    pycurl.E_OPERATION_TIMEDOUT: Reason.TIMEOUT,
    pycurl.E_PEER_FAILED_VERIFICATION: Reason.TLS,
    pycurl.E_SSL_CACERT_BADFILE: Reason.TLS,
    pycurl.E_SSL_CONNECT_ERROR: Reason.TLS,
}
# The only sign by which libcurl tells a handshake that was cut off from one that failed.
_CUT_OFF = re.compile(r"unexpected eof|(Recv|Send) failure")


def resolve(host: str) -> list[str]:
    """The IPs of `host` according to the system. Raises OSError."""
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


@dataclass(frozen=True)
class Fetcher:
    """How responses are fetched. The defaults are strict; only tests, which run their own server, relax them."""

    resolve: Callable[[str], Sequence[str]] = resolve
    may_reach: Callable[[IPAddress], bool] = is_public
    port: int = 443
    authorities: str | None = None  # a PEM file of certificates that is trusted instead of the system's
    seconds: float = SECONDS

    def json(self, url: str) -> dict[str, Any]:
        """The JSON object at `url`. Raises FetchFailed and nothing else."""
        data = self._get(url, JSON_TYPES, JSON_BYTES)
        try:
            content = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise FetchFailed(Reason.GARBLED, 200) from error
        if not isinstance(content, dict):
            raise FetchFailed(Reason.GARBLED, 200)
        return content

    def picture(self, url: str) -> bytes:
        """The bytes of the picture at `url`; pass them to `core.files.images`. Raises FetchFailed and nothing else."""
        return self._get(url, PICTURE_TYPES, PICTURE_BYTES)

    def _get(self, url: str, types: frozenset[str], limit: int) -> bytes:
        host, target = _split(url)
        deadline = time.monotonic() + self.seconds
        response = _Response(types, limit)
        try:
            ips = self._checked_ips(host, deadline)
            with pycurl.Curl() as curl:
                self._prepare(curl, host, target, ips, response)
                curl.setopt(pycurl.TIMEOUT_MS, ceil(_left(deadline) * 1000))
                curl.perform()
        except TimeoutError as error:
            raise FetchFailed(Reason.TIMEOUT) from error
        except pycurl.error as error:
            raise response.refusal or FetchFailed(_reason(*error.args)) from error
        return response.complete_body()

    def _prepare(self, curl: pycurl.Curl, host: str, target: str, ips: list[IPAddress], response: "_Response") -> None:
        for option, value in _RULES.items():
            curl.setopt(option, value)
        _trust(curl, self.authorities)
        # The host leads to the IPs that were checked, and its name is not resolved again.
        curl.setopt(pycurl.RESOLVE, [f"{host}:{self.port}:{','.join(map(str, ips))}"])
        curl.setopt(pycurl.PORT, self.port)
        curl.setopt(pycurl.URL, f"https://{host}/")
        curl.setopt(pycurl.REQUEST_TARGET, target)  # as it was given; libcurl would normalise it in the URL
        accept = f"Accept: {', '.join(sorted(response.types))}"
        curl.setopt(pycurl.HTTPHEADER, [f"Host: {host}", accept, "Accept-Encoding: identity", "Connection: close"])
        curl.setopt(pycurl.HEADERFUNCTION, response.take_header)
        curl.setopt(pycurl.WRITEFUNCTION, response.take_body)

    def _checked_ips(self, host: str, deadline: float) -> list[IPAddress]:
        """The IPs of `host`. All must be public: no honest provider has a name that also leads into our network."""
        try:
            ips = [ip_address(found) for found in _run_until(deadline, self.resolve, host)]
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            raise FetchFailed(Reason.UNRESOLVED) from error
        if not ips:
            raise FetchFailed(Reason.UNRESOLVED)
        if not all(self.may_reach(ip) for ip in ips):
            raise FetchFailed(Reason.NOT_PUBLIC)
        return ips[:MAX_IPS]


def _split(url: str) -> tuple[str, str]:
    """Host and request target of `url`. Raises FetchFailed unless it is of the form https://host/path."""
    # urlsplit tolerates spaces and line breaks inside a URL, which only attackers send.
    if not _PLAIN.fullmatch(url):
        raise FetchFailed(Reason.URL)
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise FetchFailed(Reason.URL) from error
    if not _HOST.fullmatch(parts.netloc):  # so there is no login and no port
        raise FetchFailed(Reason.URL)
    return parts.netloc, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _trust(curl: pycurl.Curl, authorities: str | None) -> None:
    """Check certificates against the PEM file `authorities`, or else against the system's authorities.

    Python knows where the system has them; libcurl looks where the system that it was built on had them.
    A system without authorities trusts nobody.
    """
    system = ssl.get_default_verify_paths()
    file, folder = (authorities, None) if authorities else (system.cafile, system.capath)
    for option, path in ((pycurl.CAINFO, file), (pycurl.CAPATH, folder)):
        if path:
            curl.setopt(option, path)
        else:
            curl.unsetopt(option)


def _reason(code: int, message: str) -> Reason:
    """What an error of libcurl means."""
    if code == pycurl.E_SSL_CONNECT_ERROR and _CUT_OFF.search(message):
        return Reason.UNREACHABLE
    return _REASONS.get(code, Reason.GARBLED)


def _left(deadline: float) -> float:
    """Seconds until `deadline`. Raises TimeoutError if it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _run_until(deadline: float, resolve: Callable[[str], Sequence[str]], host: str) -> Sequence[str]:
    """Call `resolve`, which has no timeout of its own, in a thread. Raises TimeoutError, or what `resolve` raises."""
    outcome: list[Sequence[str] | Exception] = []

    def run() -> None:
        try:
            outcome.append(resolve(host))
        except Exception as error:  # noqa: BLE001 - the caller's thread raises it again
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_left(deadline))
    if not outcome:
        raise TimeoutError
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


class _Response:
    """A 200 response of one of `types` with a body of at most `limit` bytes.

    libcurl calls `take_header` and `take_body` with what it reads. They return -1 to end the transfer, or None.
    """

    def __init__(self, types: frozenset[str], limit: int) -> None:
        self.types = types
        self.refusal: FetchFailed | None = None  # why the transfer was ended
        self._limit = limit
        self._header_bytes = 0
        self._head: list[bytes] = []  # lines of the status and the headers
        self._is_body_due = False  # the head is complete and belongs to no interim response
        self._body = bytearray()

    def take_header(self, line: bytes) -> int | None:
        self._header_bytes += len(line)
        if self._header_bytes > HEADER_BYTES:
            return self._refuse(FetchFailed(Reason.TOO_LARGE))
        if self._is_body_due:
            return None  # a trailer, which changes nothing
        self._head.append(line)
        return self._end_head() if line in {b"\r\n", b"\n"} else None

    def take_body(self, data: bytes) -> int | None:
        self._body += data
        return self._refuse(FetchFailed(Reason.TOO_LARGE, 200)) if len(self._body) > self._limit else None

    def complete_body(self) -> bytes:
        """The body, after libcurl has read a response to its end. Raises FetchFailed."""
        if self.refusal:
            raise self.refusal
        if not self._is_body_due:  # it ended within the head, which is good enough for libcurl
            raise FetchFailed(Reason.UNREACHABLE)
        return bytes(self._body)

    def _end_head(self) -> int | None:
        first, *lines = self._head
        self._head = []
        if not (found := _STATUS.match(first)):
            return self._refuse(FetchFailed(Reason.GARBLED))
        status = int(found[1])
        self._is_body_due = status >= 200 or status == 101
        try:
            if self._is_body_due:
                self._check(status, parse_headers(io.BytesIO(b"".join(lines))))
        except FetchFailed as refusal:
            return self._refuse(refusal)
        except (HTTPException, ValueError):
            return self._refuse(FetchFailed(Reason.GARBLED, status))
        return None

    def _check(self, status: int, headers: HTTPMessage) -> None:
        kind, length = headers.get_content_type(), headers.get("Content-Length", "")
        if 300 <= status < 400:
            raise FetchFailed(Reason.REDIRECT, status)
        if status != 200:
            raise FetchFailed(Reason.STATUS, status, is_page=kind == "text/html")
        encodings = {encoding.lower() for encoding in headers.get_all("Content-Encoding", [])}
        if kind not in self.types or encodings - {"identity"}:
            raise FetchFailed(Reason.TYPE, status)
        if length.isdecimal() and int(length) > self._limit:
            raise FetchFailed(Reason.TOO_LARGE, status)

    def _refuse(self, refusal: FetchFailed) -> int:
        self.refusal = refusal
        return -1

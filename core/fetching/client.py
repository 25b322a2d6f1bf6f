"""Fetches small responses from other servers, none of which is trusted.

The URLs come from our table of providers, but every rule here holds as if a stranger had typed them. We use only the
standard library, because we must connect to the very IP that was checked, and because we limit the time and the size of
a response as a whole; the usual clients limit each read.
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
from functools import cache
from http.client import HTTPResponse, IncompleteRead
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, cast
from urllib.parse import urlsplit

from core.fetching.public_networks import is_public
from core.files.images import KINDS

SECONDS = 3.0  # for everything: name, connection, TLS and the whole response
JSON_BYTES = 256 * 1024
PICTURE_BYTES = 5 * 1024 * 1024
HEADER_BYTES = 64 * 1024  # and everything else in a response besides its body
JSON_TYPES = frozenset({"application/json"})
PICTURE_TYPES = frozenset(kind.media_type for kind in KINDS.values())
USER_AGENT = "Imprimatur"
MAX_IPS = 8  # of a name that are tried

# A name in a public domain as its owner writes it: no IP in any notation, no brackets, nothing to smuggle.
_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PLAIN = re.compile(r"https://[!-~]+")

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


def resolve(host: str) -> list[str]:
    """The IPs of `host` according to the system. Raises OSError."""
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


@cache
def strict_tls() -> ssl.SSLContext:
    """A context that checks certificates against the system's authorities and the name of the host."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True)
class Fetcher:
    """How responses are fetched. The defaults are strict; only tests, which run their own server, relax them."""

    resolve: Callable[[str], Sequence[str]] = resolve
    may_reach: Callable[[IPAddress], bool] = is_public
    port: int = 443
    tls: Callable[[], ssl.SSLContext] = strict_tls
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
        try:
            host, target = _split(url)
            deadline = time.monotonic() + self.seconds
            with self._connect(host, deadline) as connection:
                connection.settimeout(_left(deadline))
                connection.sendall(_request(host, target, types))
                return _read_response(_LimitedSocket(connection, deadline, limit + HEADER_BYTES), types, limit)
        except FetchFailed:
            raise
        except TimeoutError as error:
            raise FetchFailed(Reason.TIMEOUT) from error
        except (ssl.SSLEOFError, IncompleteRead) as error:
            raise FetchFailed(Reason.UNREACHABLE) from error
        except ssl.SSLError as error:
            raise FetchFailed(Reason.TLS) from error
        except OSError as error:
            raise FetchFailed(Reason.UNREACHABLE) from error
        except Exception as error:  # on a strange response, http.client may raise anything
            raise FetchFailed(Reason.GARBLED) from error

    def _connect(self, host: str, deadline: float) -> ssl.SSLSocket:
        """Open a TLS connection to one of the IPs that were checked. The name is not resolved again."""
        plain = _connect_to_first(self._checked_ips(host, deadline), self.port, deadline)
        try:
            plain.settimeout(_left(deadline))
            # A response that somebody on the way cuts off must not pass for a complete one.
            return self.tls().wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise

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


def _request(host: str, target: str, types: frozenset[str]) -> bytes:
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: {USER_AGENT}",
        f"Accept: {', '.join(sorted(types))}",
        "Accept-Encoding: identity",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


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


def _connect_to_first(ips: list[IPAddress], port: int, deadline: float) -> socket.socket:
    """Connect to the first of `ips` that accepts. Each gets an equal share of the time that is left."""
    problem: OSError = TimeoutError()
    for number, ip in enumerate(ips):
        family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(_left(deadline) / (len(ips) - number))
            connection.connect((str(ip), port))
        except OSError as error:
            connection.close()
            problem = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise problem


class _LimitedSocket(io.RawIOBase):
    """A socket for http.client that can be read until a deadline and up to a number of bytes."""

    def __init__(self, connection: socket.socket, deadline: float, limit: int) -> None:
        self._connection = connection
        self._deadline = deadline
        self._left = limit
        self.has_ended = False  # the server has closed the connection

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(_left(self._deadline))
        count = self._connection.recv_into(buffer)
        self._left -= count
        self.has_ended = not count
        if self._left < 0:
            raise FetchFailed(Reason.TOO_LARGE)
        return count


def _read_response(source: _LimitedSocket, types: frozenset[str], limit: int) -> bytes:
    """The body of a 200 response of one of `types`, if it is complete and at most `limit` bytes long."""
    response = HTTPResponse(cast(socket.socket, source), method="GET")
    try:
        response.begin()
        if source.has_ended:  # before the end of the headers: half a line must not pass for a "404"
            raise IncompleteRead(b"")
        _check_headers(response, types, limit)
        body = response.read(limit + 1)
        if len(body) > limit:
            raise FetchFailed(Reason.TOO_LARGE, response.status)
        if response.length:
            raise IncompleteRead(body, response.length)
        return body
    finally:
        response.close()


def _check_headers(response: HTTPResponse, types: frozenset[str], limit: int) -> None:
    status, headers = response.status, response.headers
    if 300 <= status < 400:
        raise FetchFailed(Reason.REDIRECT, status)
    if status != 200:
        raise FetchFailed(Reason.STATUS, status, is_page=headers.get_content_type() == "text/html")
    if headers.get_content_type() not in types or headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchFailed(Reason.TYPE, status)
    if response.length is not None and response.length > limit:
        raise FetchFailed(Reason.TOO_LARGE, status)

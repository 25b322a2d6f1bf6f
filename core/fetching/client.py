"""Fetching a small answer from somebody else's server, which may be anybody's and may do anything.

What is asked for comes from the table of providers; still every rule here holds as if a stranger had typed it. The
standard library alone, because the address that was checked must be the one that is connected to, and because the
time and the size of an answer have to be limited as a whole: the usual clients limit each read.
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

SECONDS = 3.0  # for everything: name, connection, TLS, and the whole answer
JSON_BYTES = 256 * 1024
PICTURE_BYTES = 5 * 1024 * 1024
HEADER_BYTES = 64 * 1024  # and whatever else an answer has besides its body
JSON_TYPES = frozenset({"application/json"})
PICTURE_TYPES = frozenset(kind.media_type for kind in KINDS.values())
USER_AGENT = "Imprimatur"
MOST_ADDRESSES = 8  # of a name that are tried

# A name in a public domain, as its owner writes it: no number in any spelling, no bracket, nothing to smuggle.
_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PLAIN = re.compile(r"https://[!-~]+")

IPAddress = IPv4Address | IPv6Address


class Reason(StrEnum):
    ADDRESS = "that is no address to fetch from"
    UNRESOLVED = "the name has no address"
    NOT_PUBLIC = "the name leads to an address that is not public"
    UNREACHABLE = "the connection failed or ended early"
    TLS = "the connection cannot be trusted"
    TIMEOUT = "it took too long"
    REDIRECT = "it leads elsewhere"
    STATUS = "the answer is a refusal"
    TYPE = "the answer is of another kind"
    TOO_LARGE = "the answer is too large"
    GARBLED = "the answer cannot be read"


class FetchFailed(Exception):
    """Nothing was fetched. `status` is that of the answer, 0 where there was none that could be read.

    `is_page`: what came is meant for people.
    """

    def __init__(self, reason: Reason, status: int = 0, *, is_page: bool = False) -> None:
        super().__init__(f"{reason} ({status})" if status else str(reason))
        self.reason = reason
        self.status = status
        self.is_page = is_page

    @property
    def is_temporary(self) -> bool:
        """Whether it may well be otherwise in an hour."""
        if self.reason == Reason.STATUS:
            return self.status in {408, 425, 429} or self.status >= 500
        return self.reason in {Reason.UNRESOLVED, Reason.UNREACHABLE, Reason.TIMEOUT}


def resolve(host: str) -> list[str]:
    """The addresses of `host`, as the machine knows them. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@cache
def strict_tls() -> ssl.SSLContext:
    """Certificates are checked against the machine's authorities and the name that was asked for."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True)
class Fetcher:
    """How things are fetched. The defaults are the strict rules; only tests, which serve for themselves, bend them."""

    resolve: Callable[[str], Sequence[str]] = resolve
    may_reach: Callable[[IPAddress], bool] = is_public
    port: int = 443
    tls: Callable[[], ssl.SSLContext] = strict_tls
    seconds: float = SECONDS

    def json(self, url: str) -> dict[str, Any]:
        """The object that `url` answers with. Raises FetchFailed and nothing else."""
        data = self._get(url, JSON_TYPES, JSON_BYTES)
        try:
            told = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise FetchFailed(Reason.GARBLED, 200) from error
        if not isinstance(told, dict):
            raise FetchFailed(Reason.GARBLED, 200)
        return told

    def picture(self, url: str) -> bytes:
        """What `url` calls a picture: bytes that must go through blog.pictures. Raises FetchFailed and nothing else."""
        return self._get(url, PICTURE_TYPES, PICTURE_BYTES)

    def _get(self, url: str, types: frozenset[str], limit: int) -> bytes:
        try:
            host, target = _parts(url)
            deadline = time.monotonic() + self.seconds
            with self._connected(host, deadline) as connection:
                connection.settimeout(_left(deadline))
                connection.sendall(_request(host, target, types))
                return _read_answer(_Wire(connection, deadline, limit + HEADER_BYTES), types, limit)
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
        except Exception as error:  # http.client raises whatever a strange answer makes it stumble over
            raise FetchFailed(Reason.GARBLED) from error

    def _connected(self, host: str, deadline: float) -> ssl.SSLSocket:
        """A trusted connection to `host`. The name is not asked for again: the address that was checked is taken."""
        plain = _first_that_answers(self._checked_addresses(host, deadline), self.port, deadline)
        try:
            plain.settimeout(_left(deadline))
            # An answer that is cut off by somebody on the way must not pass for a whole one.
            return self.tls().wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise

    def _checked_addresses(self, host: str, deadline: float) -> list[IPAddress]:
        """All must be public: a name that also leads inside is nothing that an honest provider has."""
        try:
            addresses = [ip_address(found) for found in _in_time(self.resolve, host, deadline)]
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            raise FetchFailed(Reason.UNRESOLVED) from error
        if not addresses:
            raise FetchFailed(Reason.UNRESOLVED)
        if not all(self.may_reach(address) for address in addresses):
            raise FetchFailed(Reason.NOT_PUBLIC)
        return addresses[:MOST_ADDRESSES]


def _parts(url: str) -> tuple[str, str]:
    """Host and target of the request. Raises FetchFailed for what is not plainly https://host/path."""
    # The library forgives spaces and line breaks within an address; whoever sends them wants to be forgiven.
    if not _PLAIN.fullmatch(url):
        raise FetchFailed(Reason.ADDRESS)
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise FetchFailed(Reason.ADDRESS) from error
    if not _HOST.fullmatch(parts.netloc):  # which has no room for a login or a port
        raise FetchFailed(Reason.ADDRESS)
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
    """Seconds until `deadline`. Raises TimeoutError when it is past."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _in_time(look_up: Callable[[str], Sequence[str]], host: str, deadline: float) -> Sequence[str]:
    """The answer of `look_up`, which knows no time limit of its own. Raises TimeoutError, or what it raises."""
    outcome: list[Sequence[str] | Exception] = []

    def run() -> None:
        try:
            outcome.append(look_up(host))
        except Exception as error:  # noqa: BLE001 - it is raised again, in the thread that asked
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_left(deadline))
    if not outcome:
        raise TimeoutError
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def _first_that_answers(addresses: list[IPAddress], port: int, deadline: float) -> socket.socket:
    """A connection to the first of `addresses` that takes one; each has its share of the time that is left."""
    problem: OSError = TimeoutError()
    for number, address in enumerate(addresses):
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(_left(deadline) / (len(addresses) - number))
            connection.connect((str(address), port))
        except OSError as error:
            connection.close()
            problem = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise problem


class _Wire(io.RawIOBase):
    """What comes in, until a moment and up to a number of bytes. http.client reads from it as from a socket."""

    def __init__(self, connection: socket.socket, deadline: float, limit: int) -> None:
        self._connection = connection
        self._deadline = deadline
        self._left = limit
        self.is_over = False  # they have sent all that they will

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(_left(self._deadline))
        count = self._connection.recv_into(buffer)
        self._left -= count
        self.is_over = not count
        if self._left < 0:
            raise FetchFailed(Reason.TOO_LARGE)
        return count


def _read_answer(wire: _Wire, types: frozenset[str], limit: int) -> bytes:
    """The body of an answer that is a plain 200 of one of `types`, no longer than `limit`, and whole."""
    response = HTTPResponse(cast(socket.socket, wire), method="GET")
    try:
        response.begin()
        if wire.is_over:  # before the headers were: half a line must not pass for a "404"
            raise IncompleteRead(b"")
        _refuse_by_headers(response, types, limit)
        body = response.read(limit + 1)
        if len(body) > limit:
            raise FetchFailed(Reason.TOO_LARGE, response.status)
        if response.length:
            raise IncompleteRead(body, response.length)
        return body
    finally:
        response.close()


def _refuse_by_headers(response: HTTPResponse, types: frozenset[str], limit: int) -> None:
    status, headers = response.status, response.headers
    if 300 <= status < 400:
        raise FetchFailed(Reason.REDIRECT, status)
    if status != 200:
        raise FetchFailed(Reason.STATUS, status, is_page=headers.get_content_type() == "text/html")
    if headers.get_content_type() not in types or headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchFailed(Reason.TYPE, status)
    if response.length is not None and response.length > limit:
        raise FetchFailed(Reason.TOO_LARGE, status)

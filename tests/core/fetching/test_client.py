"""Fetching from remote servers: only the URL that was given, only from public IPs, and with a time limit."""

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from core.fetching import client
from core.fetching.client import Fetcher, Reason
from core.fetching.public_networks import is_public
from tests.core.fetching.other_servers import HERE, JSON_HEAD, URL, FarAway, as_json, failure, ok, only, status

NOT_PUBLIC = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "::1", "::"),  # noqa: S104 - nothing binds to it
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1", "fec0::1"),
    *("169.254.169.254", "fe80::1", "fe80::1%lo", "100.64.0.1", "100.127.255.255"),
    *("224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1", "240.0.0.1", "255.255.255.255"),
    *("192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1"),
    *("100::1", "2001:db8::1", "2001:2::1", "3fff::1", "5f00::1", "4000::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1"),  # embedded IPv4
    *("::127.0.0.1", "::7f00:1", "::ffff:0:7f00:1"),
    *("64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::7f00:1", "64:ff9b:1::808:808"),  # NAT64
    *("2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::1"),  # 6to4
    *("2001:0:7f00:1::", "2001:0:808:808::80ff:fffe", "2001::1"),  # Teredo: server and client
)
PUBLIC = ("8.8.8.8", "193.99.144.80", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1")
BAD_URLS = (
    "",
    "video.example.org/info",
    "http://video.example.org/",
    "HTTP://video.example.org/",
    "ftp://video.example.org/",
    "file:///etc/passwd",
    "gopher://video.example.org/",
    "https:///info",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[v1.x]/",
    "https://[::1/",
    "https://::ffff:127.0.0.1/",
    "https://localhost/",
    "https://video.example.org./",
    "https://video.example.org:22/",
    "https://video.example.org:/",
    "https://video.example.org:x/",
    "https://user@video.example.org/",
    "https://video.example.org@127.0.0.1/",
    "https://video.example.org\\@127.0.0.1/",
    "https://video.example.org%00.evil.example/",
    "https://video.example.org\0/",
    "https://video.example.org/\0",
    "https://video.example.org/\r\nX: y",
    "https://video.example.org/a b",
    "https://vi\tdeo.example.org/",
    " https://video.example.org/",
    "https://ⓥideo.example.org/",
    "https://video。example。org/",
    "https://video..example.org/",
    "https://-video.example.org/",
    f"https://{'a' * 64}.example.org/",
    f"https://{'a.' * 130}org/",
)


# --- Which servers are requested -----------------------------------------------------------------------------------


def test_json_is_fetched(far_away: FarAway) -> None:
    far_away.answers["video.example.org/info?id=7"] = as_json(title="The clip")
    assert far_away.fetcher().json(URL) == {"title": "The clip"}


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_bad_url_is_not_requested(far_away: FarAway, url: str) -> None:
    """Even if every IP is allowed and the system resolves the name."""
    far_away.answers[""] = as_json()
    fetcher = far_away.fetcher(resolve=client.resolve, may_reach=lambda ip: True)
    assert failure(fetcher, url).reason == Reason.URL
    assert far_away.connections == 0


@pytest.mark.parametrize("ip", NOT_PUBLIC)
def test_no_name_with_a_private_ip_is_connected_to(far_away: FarAway, ip: str) -> None:
    for ips in ([ip], ["8.8.8.8", ip]):
        fetcher = far_away.fetcher(resolve=only(*ips), may_reach=is_public)
        assert failure(fetcher).reason == Reason.NOT_PUBLIC
    assert far_away.connections == 0


@pytest.mark.parametrize("spelling", ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "localhost"])
def test_the_resolved_ip_is_checked_whatever_its_notation(far_away: FarAway, spelling: str) -> None:
    far_away.answers[""] = as_json()
    found = [ip for ip in client.resolve(spelling) if ":" not in ip]
    assert far_away.fetcher(resolve=only(*found)).json(URL) == {}  # without the check it would connect
    assert failure(far_away.fetcher(resolve=only(*found), may_reach=is_public)).reason == Reason.NOT_PUBLIC
    assert far_away.connections == 1


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_ips_are_public(ip: str) -> None:
    assert is_public(ip_address(ip))


def test_the_strict_rules_are_the_default() -> None:
    fetcher = Fetcher()
    assert (fetcher.may_reach, fetcher.resolve, fetcher.port) == (is_public, client.resolve, 443)
    tls = fetcher.tls()
    assert (tls.verify_mode, tls.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert fetcher.seconds <= 3


def test_ips_beyond_those_that_are_tried_are_checked_too(far_away: FarAway) -> None:
    fetcher = far_away.fetcher(resolve=only(*["8.8.8.8"] * 100, HERE), may_reach=is_public)
    assert failure(fetcher).reason == Reason.NOT_PUBLIC


def test_the_ip_that_was_checked_is_connected_to(far_away: FarAway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves to a public IP when it is checked, and to a private one a moment later."""
    far_away.answers[""] = as_json(from_="outside")
    answers = iter([[HERE], ["::1"], ["::1"]])
    with socket.create_server(("::1", far_away.port), family=socket.AF_INET6) as inside:
        inside.setblocking(False)
        with monkeypatch.context() as context:
            context.setattr(socket, "getaddrinfo", lambda *rest, **options: pytest.fail("the name was resolved again"))
            assert far_away.fetcher(resolve=lambda host: next(answers)).json(URL) == {"from_": "outside"}
        with pytest.raises(BlockingIOError):  # no connection
            inside.accept()
    assert len(list(answers)) == 2
    assert far_away.names == ["video.example.org"]


def test_the_next_ip_is_tried_if_one_is_dead(far_away: FarAway) -> None:
    far_away.answers[""] = as_json()
    fetcher = far_away.fetcher(resolve=only("::1", HERE), may_reach=lambda ip: True)
    assert fetcher.json(URL) == {}


@pytest.mark.parametrize("problem", [socket.gaierror("no such name"), UnicodeError("label"), ValueError("NUL")])
def test_a_name_without_an_ip(far_away: FarAway, problem: Exception) -> None:
    def resolve(host: str) -> list[str]:
        raise problem

    assert failure(far_away.fetcher(resolve=resolve)).reason == Reason.UNRESOLVED
    assert failure(far_away.fetcher(resolve=only())).reason == Reason.UNRESOLVED
    assert failure(far_away.fetcher(resolve=only("nonsense"))).reason == Reason.UNRESOLVED


@pytest.mark.parametrize(
    "location",
    ["https://elsewhere.example.org/", "http://video.example.org/", "file:///etc/passwd", "https://127.0.0.1/", "/"],
)
@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
def test_redirects_are_refused(far_away: FarAway, location: str, number: int) -> None:
    far_away.answers["video.example.org/info?id=7"] = status(number, f"Location: {location}")
    far_away.answers[""] = as_json()
    problem = failure(far_away.fetcher())
    assert (problem.reason, problem.status) == (Reason.REDIRECT, number)
    assert far_away.connections == 1


def test_a_request_contains_nothing_but_the_necessary(far_away: FarAway, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no proxy of the environment gets it."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:9")
    far_away.answers[""] = ok(b"{}", "application/json", "Set-Cookie: who=you; Path=/")
    fetcher = far_away.fetcher()
    fetcher.json(URL)
    fetcher.json(URL)
    assert far_away.requests[0] == far_away.requests[1]
    assert far_away.requests[0].split("\r\n") == [
        "GET /info?id=7 HTTP/1.1",
        "Host: video.example.org",
        "User-Agent: Imprimatur",
        "Accept: application/json",
        "Accept-Encoding: identity",
        "Connection: close",
        "",
        "",
    ]


# --- Which servers are trusted -------------------------------------------------------------------------------------


def test_a_certificate_for_another_name_is_refused(far_away: FarAway) -> None:
    assert failure(far_away.fetcher(), "https://other.example.org/").reason == Reason.TLS
    assert far_away.asked == []


def test_a_certificate_of_an_unknown_authority_is_refused(far_away: FarAway) -> None:
    assert failure(far_away.fetcher(tls=client.strict_tls)).reason == Reason.TLS
    assert far_away.asked == []


def test_a_server_without_tls_is_refused(far_away: FarAway) -> None:
    heard: list[bytes] = []

    def answer(listener: socket.socket) -> None:
        connection, _peer = listener.accept()
        with connection:
            heard.append(connection.recv(65_536))
            connection.sendall(as_json(title="Unencrypted"))

    with socket.create_server((HERE, 0)) as listener:
        thread = threading.Thread(target=answer, args=[listener])
        thread.start()
        assert failure(far_away.fetcher(port=listener.getsockname()[1])).reason == Reason.TLS
        thread.join(5)
    assert b"GET" not in heard[0]


# --- Timeouts ------------------------------------------------------------------------------------------------------


@pytest.fixture
def timeout() -> Iterator[float]:
    """The time limit of the fetch, in seconds. The servers wait much longer."""
    began, seconds = time.monotonic(), 0.25
    yield seconds
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("piece", [b"X: y\r\n", b" "], ids=["headers", "a body"])
def test_a_response_that_trickles_in_times_out(far_away: FarAway, timeout: float, piece: bytes) -> None:
    """Each piece arrives in time, but the whole never does."""
    head = JSON_HEAD if piece.strip() else JSON_HEAD + b"\r\n"

    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        while not far_away.stopped.wait(0.02):
            connection.sendall(piece)

    far_away.answers[""] = drip
    assert failure(far_away.fetcher(seconds=timeout)).reason == Reason.TIMEOUT


def test_a_silent_server_times_out(far_away: FarAway, timeout: float) -> None:
    def say_nothing(connection: socket.socket) -> None:
        far_away.stopped.wait(5)

    far_away.answers[""] = say_nothing
    assert failure(far_away.fetcher(seconds=timeout)).reason == Reason.TIMEOUT


def test_a_missing_tls_handshake_times_out(far_away: FarAway, timeout: float) -> None:
    with socket.create_server((HERE, 0)) as silent:
        fetcher = far_away.fetcher(seconds=timeout, port=silent.getsockname()[1])
        assert failure(fetcher).reason == Reason.TIMEOUT


def test_a_silent_name_server_times_out(far_away: FarAway, timeout: float) -> None:
    never = threading.Event()

    def resolve(host: str) -> list[str]:
        never.wait(5)
        return [HERE]

    assert failure(far_away.fetcher(seconds=timeout, resolve=resolve)).reason == Reason.TIMEOUT
    never.set()

"""Fetching from remote servers: only the URL that was given, only from public IPs, and with a time limit."""

import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

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


def test_a_special_name_is_not_resolved_again(far_away: FarAway) -> None:
    """By its own rules, libcurl would connect to ::1 for every name under "localhost"."""
    far_away.answers[""] = as_json(from_="outside")
    with socket.create_server(("::1", far_away.port), family=socket.AF_INET6) as inside:
        inside.setblocking(False)
        assert far_away.fetcher().json("https://video.localhost/") == {"from_": "outside"}
        with pytest.raises(BlockingIOError):  # no connection
            inside.accept()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=50))
@example('../..//./%2e%2E/a;b=c?d=%20&e=[f]{g}|h\\^`<i>"@:443//')
@example("?a#b")
@example("a?")
@example("a??")
@example("a/https://127.0.0.1/")
def test_the_target_of_a_url_is_sent_as_it_is(far_away: FarAway, rest: str) -> None:
    far_away.answers[""] = as_json()
    far_away.fetcher().json(f"https://video.example.org/{rest}")
    path, _, query = rest.partition("#")[0].partition("?")
    assert far_away.asked[-1] == f"video.example.org/{path}" + (f"?{query}" if query else "")


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_ips_are_public(ip: str) -> None:
    assert is_public(ip_address(ip))


def test_the_strict_rules_are_the_default() -> None:
    fetcher = Fetcher()
    assert (fetcher.may_reach, fetcher.resolve, fetcher.port) == (is_public, client.resolve, 443)
    assert fetcher.authorities is None
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


def test_the_next_ip_is_tried_if_one_is_silent(far_away: FarAway) -> None:
    far_away.answers[""] = as_json()
    with (
        socket.create_server(("::1", far_away.port), family=socket.AF_INET6, backlog=0) as full,
        ExitStack() as waiting,
    ):
        for _ in range(3):  # the kernel drops what else arrives
            client_side = waiting.enter_context(socket.socket(socket.AF_INET6))
            client_side.setblocking(False)
            client_side.connect_ex(full.getsockname())
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
    [
        *(
            "https://elsewhere.example.org/",
            "http://video.example.org/",
            "file:///etc/passwd",
            "https://127.0.0.1/",
            "/",
        ),
        *("//elsewhere.example.org/", "gopher://127.0.0.1:6379/_FLUSHALL", "dict://127.0.0.1/", "ftp://127.0.0.1/", ""),
        *("https://video.example.org:99999/", "https://[", "data:application/json,{}"),
    ],
)
@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
def test_redirects_are_refused(far_away: FarAway, location: str, number: int) -> None:
    far_away.answers["video.example.org/info?id=7"] = status(number, f"Location: {location}")
    far_away.answers[""] = as_json()
    problem = failure(far_away.fetcher())
    assert (problem.reason, problem.status) == (Reason.REDIRECT, number)
    assert far_away.connections == 1


@pytest.mark.parametrize("header", ["Location", "Content-Location", "Refresh", "Link"])
def test_other_headers_lead_nowhere(far_away: FarAway, header: str) -> None:
    far_away.answers["video.example.org/info?id=7"] = ok(b"{}", "application/json", f"{header}: /elsewhere")
    assert far_away.fetcher().json(URL) == {}
    assert len(far_away.asked) == 1


@pytest.mark.parametrize("scheme", ["Basic realm=x", "Digest realm=x, nonce=y", "NTLM", "Negotiate", "Bearer"])
@pytest.mark.parametrize("number", [401, 407])
def test_no_login_is_ever_sent(
    far_away: FarAway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, scheme: str
) -> None:
    (tmp_path / ".netrc").write_text("machine video.example.org login root password secret\n", encoding="ascii")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    header = "WWW-Authenticate" if number == 401 else "Proxy-Authenticate"
    far_away.answers[""] = status(number, f"{header}: {scheme}")
    assert failure(far_away.fetcher()).status == number
    (request,) = far_away.requests
    assert "authorization" not in request.lower()


@pytest.mark.parametrize(
    "header",
    [
        "Set-Cookie: who=you; Path=/; Domain=example.org",
        'Alt-Svc: h2="127.0.0.1:{port}", h3="127.0.0.1:{port}", http/1.1="127.0.0.1:{port}"; persist=1',
        "Strict-Transport-Security: max-age=31536000; includeSubDomains",
        "Connection: keep-alive",
        "Upgrade: h2, h2c",
    ],
)
def test_a_response_does_not_change_the_next_request(
    far_away: FarAway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, header: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    fetcher = far_away.fetcher()
    with socket.create_server((HERE, 0)) as elsewhere:
        elsewhere.setblocking(False)
        far_away.answers[""] = ok(b"{}", "application/json", header.format(port=elsewhere.getsockname()[1]))
        assert (fetcher.json(URL), fetcher.json(URL)) == ({}, {})
        with pytest.raises(BlockingIOError):  # no connection
            elsewhere.accept()
    assert far_away.connections == 2
    assert far_away.requests[0] == far_away.requests[1]
    assert list(home.iterdir()) == []


def test_only_http_1_is_offered(far_away: FarAway) -> None:
    """Even though the server would prefer HTTP/2."""
    far_away.answers[""] = as_json()
    far_away.fetcher().json(URL)
    assert far_away.protocols == ["http/1.1"]


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
    assert failure(far_away.fetcher(authorities=None)).reason == Reason.TLS
    assert far_away.asked == []


def test_the_authorities_of_the_system_are_trusted(far_away: FarAway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that Python finds, so that an administrator can name others."""
    far_away.answers[""] = as_json()
    with monkeypatch.context() as context:
        context.setenv("SSL_CERT_FILE", far_away.authority.certificate)
        assert far_away.fetcher(authorities=None).json(URL) == {}
    paths = ssl.get_default_verify_paths()._replace(cafile=far_away.authority.certificate, capath="")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    assert far_away.fetcher(authorities=None).json(URL) == {}


def test_a_system_without_authorities_trusts_nobody(
    far_away: FarAway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert failure(far_away.fetcher(authorities=None)).reason == Reason.TLS
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "missing"))
    assert failure(far_away.fetcher(authorities=None)).reason == Reason.TLS
    assert far_away.asked == []


@pytest.mark.parametrize("content", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_broken_file_of_authorities_trusts_nobody(far_away: FarAway, tmp_path: Path, content: str) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text(content, encoding="ascii")
    assert failure(far_away.fetcher(authorities=str(broken))).reason == Reason.TLS
    assert far_away.asked == []


@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "is_accepted"),
    [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)],
)
def test_tls_must_be_of_version_1_2_or_later(far_away: FarAway, version: ssl.TLSVersion, is_accepted: bool) -> None:
    far_away.answers[""] = as_json()
    far_away.tls.set_ciphers("ALL:@SECLEVEL=0")  # without it, OpenSSL has no TLS 1.1
    far_away.tls.minimum_version = far_away.tls.maximum_version = version
    if is_accepted:
        assert far_away.fetcher().json(URL) == {}
    else:
        assert failure(far_away.fetcher()).reason == Reason.TLS
        assert far_away.asked == []


def test_a_connection_that_ends_within_the_tls_handshake_may_be_retried(far_away: FarAway) -> None:
    def hang_up(listener: socket.socket, how: Callable[[socket.socket], None]) -> None:
        connection, _peer = listener.accept()
        with connection:
            connection.recv(65_536)
            how(connection)

    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    for how in (reset, lambda connection: None):
        with socket.create_server((HERE, 0)) as listener:
            thread = threading.Thread(target=hang_up, args=[listener, how])
            thread.start()
            assert failure(far_away.fetcher(port=listener.getsockname()[1])).reason == Reason.UNREACHABLE
            thread.join(5)


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


CHUNKS = JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TRICKLES = {
    "a status line": (b"HTTP/1.1 200 ", b"a"),
    "interim responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers": (JSON_HEAD, b"X: y\r\n"),
    "one header": (JSON_HEAD + b"X: ", b"y"),
    "a body": (JSON_HEAD + b"\r\n", b" "),
    "chunks": (CHUNKS, b"1\r\n \r\n"),
    "a chunk size": (CHUNKS, b"0"),
    "a chunk extension": (CHUNKS + b"1;", b"x"),
    "trailers": (CHUNKS + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize("name", TRICKLES)
def test_a_response_that_trickles_in_times_out(far_away: FarAway, timeout: float, name: str) -> None:
    """Each piece arrives in time, but the whole never does."""
    head, piece = TRICKLES[name]

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


def test_a_slow_name_server_takes_from_the_same_time(far_away: FarAway, timeout: float) -> None:
    """The response comes soon enough, but not after such a long wait for the IP."""

    def wait(connection: socket.socket) -> None:
        far_away.stopped.wait(timeout * 0.7)
        connection.sendall(as_json())

    def resolve(host: str) -> list[str]:
        far_away.stopped.wait(timeout * 0.7)
        return [HERE]

    far_away.answers[""] = wait
    assert failure(far_away.fetcher(seconds=timeout, resolve=resolve)).reason == Reason.TIMEOUT
    assert far_away.fetcher().json(URL) == {}


def test_a_silent_name_server_times_out(far_away: FarAway, timeout: float) -> None:
    never = threading.Event()

    def resolve(host: str) -> list[str]:
        never.wait(5)
        return [HERE]

    assert failure(far_away.fetcher(seconds=timeout, resolve=resolve)).reason == Reason.TIMEOUT
    never.set()

"""What a fetch makes of responses: a complete one of the expected type, or FetchFailed."""

import gzip
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.fetching import client
from core.fetching.client import JSON_BYTES, FetchFailed, Reason
from tests.core.fetching.other_servers import JSON_HEAD, URL, Answer, FarAway, as_json, failure, ok, status

BOMB = gzip.compress(b" " * 10_000_000)  # 10 KB
CHUNKED_HEAD = JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def repeatedly(piece: bytes, head: bytes = b"", times: int = 100_000) -> Callable[[socket.socket], None]:
    """Send `piece` again and again, until the client disconnects."""

    def send(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(times):
            connection.sendall(piece)

    return send


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return CHUNKED_HEAD + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


FULL = b'"' + b"a" * (JSON_BYTES - 9) + b'"'
TROUBLE: dict[str, tuple[Answer, Reason]] = {
    "closes at once": (b"", Reason.UNREACHABLE),
    "closes within the headers": (b"HTTP/1.1 200 OK\r\nContent-", Reason.UNREACHABLE),
    "closes within the status": (b"HTTP/1.1 404", Reason.UNREACHABLE),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", Reason.GARBLED),
    "garbage": (bytes(range(256)) * 4, Reason.GARBLED),
    "only line ends": (b"\r\n" * 1000, Reason.GARBLED),
    "a status that is not a number": (b"HTTP/1.1 OK OK\r\n\r\n", Reason.GARBLED),
    "a status out of range": (b"HTTP/1.1 99999 OK\r\n\r\n", Reason.GARBLED),
    "another protocol": (b"HTTP/7.0 200 OK\r\n\r\n", Reason.GARBLED),
    "an endless status line": (b"HTTP/1.1 200 " + b"a" * 200_000, Reason.GARBLED),
    "an endless header": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, Reason.GARBLED),
    "a thousand headers": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n", Reason.GARBLED),
    "large headers": (b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"y" * 60_000 + b"\r\n") * 50, Reason.TOO_LARGE),
    "endless interim responses": (repeatedly(b"HTTP/1.1 100 Continue\r\n\r\n" * 100), Reason.TOO_LARGE),
    "headers of binary data": (b"HTTP/1.1 200 OK\r\n\xff\xfe\0: \0\xff\r\n\r\n{}", Reason.GARBLED),
    "endless early hints": (
        repeatedly(b"HTTP/1.1 103 Early\r\nLink: </a>; rel=preload\r\n\r\n" * 100),
        Reason.TOO_LARGE,
    ),
    "interim responses only": (b"HTTP/1.1 100 Continue\r\n\r\n" * 3, Reason.UNREACHABLE),
    "another protocol is switched to": (
        b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n\0\0\0\4\0\0\0\0\0" + ok(b"{}"),
        Reason.STATUS,
    ),
    "HTTP/2 without being asked": (b"\0\0\x12\4\0\0\0\0\0" + bytes(18), Reason.GARBLED),
    "HTTP/2 in the status line": (b"HTTP/2 200\r\nContent-Type: application/json\r\n\r\n{}", Reason.GARBLED),
    "a status of four digits": (b"HTTP/1.1 2000 OK\r\nContent-Type: application/json\r\n\r\n{}", Reason.GARBLED),
    "a blank line that is none": (JSON_HEAD + b" \r\nContent-Encoding: gzip\r\n\r\n{}", Reason.TYPE),
    "HTTP/0.9": (b"{}", Reason.GARBLED),
    "the type of an interim response": (
        b"HTTP/1.1 103 Early\r\nContent-Type: application/json\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}",
        Reason.TYPE,
    ),
    "the type in a trailer": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Type: application/json\r\n\r\n",
        Reason.TYPE,
    ),
    "another response in a trailer": (
        chunked(b"[1]", end=b"0\r\nHTTP/1.1 200 OK: x\r\nContent-Type: application/json\r\n\r\n{}"),
        Reason.GARBLED,
    ),
    "endless trailers": (repeatedly(b"X: %s\r\n" % (b"y" * 200), head=chunked(b"{}", end=b"0\r\n")), Reason.TOO_LARGE),
    "truncated trailers": (chunked(b"{}", end=b"0\r\nX: y\r\n"), Reason.UNREACHABLE),
    "two types": (ok(b"{}", "text/html", "Content-Type: application/json"), Reason.TYPE),
    "no type": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Reason.TYPE),
    "a page": (ok(b"{}", "text/html"), Reason.TYPE),
    "a script": (ok(b"{}", "text/javascript"), Reason.TYPE),
    "an invalid type": (ok(b"{}", ";;/\0"), Reason.GARBLED),
    **{
        f"compressed without being asked: {coding}": (
            ok(BOMB, "application/json", f"Content-Encoding: {coding}"),
            Reason.TYPE,
        )
        for coding in ("gzip", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "identity, gzip", "unknown")
    },
    "two encodings": (
        ok(BOMB, "application/json", "Content-Encoding: identity", "Content-Encoding: gzip"),
        Reason.TYPE,
    ),
    "compressed for the transfer": (
        JSON_HEAD
        + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BOMB), BOMB),
        Reason.GARBLED,
    ),
    "an announced gigabyte": (JSON_HEAD + b"Content-Length: 1073741824\r\n\r\n{}", Reason.TOO_LARGE),
    "one announced byte too many": (JSON_HEAD + b"Content-Length: %d\r\n\r\n{}" % (JSON_BYTES + 1), Reason.TOO_LARGE),
    "an announced length of 100 digits": (JSON_HEAD + b"Content-Length: %s\r\n\r\n{}" % (b"9" * 100), Reason.TOO_LARGE),
    "an announced length of 10,000 digits": (
        JSON_HEAD + b"Content-Length: %s\r\n\r\n{}" % (b"9" * 10_000),
        Reason.GARBLED,
    ),
    "an endless body": (repeatedly(b" " * 65_536, head=JSON_HEAD + b"\r\n"), Reason.TOO_LARGE),
    "endless chunks": (repeatedly(b"10000\r\n%s\r\n" % (b" " * 65_536), head=chunked(end=b"")), Reason.TOO_LARGE),
    "shorter than announced": (JSON_HEAD + b"Content-Length: 100\r\n\r\n{}", Reason.UNREACHABLE),
    "a negative length": (JSON_HEAD + b"Content-Length: -5\r\n\r\n{", Reason.GARBLED),
    "a length that is not a number": (JSON_HEAD + b"Content-Length: many\r\n\r\n{", Reason.GARBLED),
    "two lengths": (JSON_HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", Reason.GARBLED),
    "truncated chunks": (chunked(b"{}", end=b"ff\r\n{"), Reason.UNREACHABLE),
    "invalid chunks": (chunked(end=b"what?\r\n{}\r\n"), Reason.UNREACHABLE),
    "a negative chunk": (chunked(end=b"-5\r\n{}\r\n"), Reason.UNREACHABLE),
    "a chunk of a terabyte": (chunked(end=b"ffffffffff\r\n{}\r\n"), Reason.UNREACHABLE),
    "not JSON": (ok(b"<html>"), Reason.GARBLED),
    "not an object": (ok(b"[1]"), Reason.GARBLED),
    "an empty body": (ok(b""), Reason.GARBLED),
    "not UTF-8": (ok(b'{"a": "\xff\xfe"}'), Reason.GARBLED),
    "deeply nested brackets": (ok(b"[" * 200_000), Reason.GARBLED),
    "a very long number": (ok(b'{"a": %s}' % (b"9" * 100_000)), Reason.GARBLED),
    **{f"status {number}": (status(number), Reason.STATUS) for number in (201, 204, 400, 401, 404, 429, 500, 999)},
}


@pytest.mark.parametrize("name", TROUBLE)
def test_every_kind_of_trouble_raises_fetch_failed(far_away: FarAway, name: str) -> None:
    far_away.answers[""], reason = TROUBLE[name]
    assert failure(far_away.fetcher()).reason == reason


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", JSON_HEAD, JSON_HEAD + b"\r\n"]))
def test_no_response_raises_any_other_error(far_away: FarAway, noise: bytes, head: bytes) -> None:
    far_away.answers[""] = head + noise
    with suppress(FetchFailed):
        assert isinstance(far_away.fetcher().json(URL), dict)


@pytest.mark.parametrize(
    "answer",
    [
        ok(b'{"a": %s}' % FULL, "Application/JSON; charset=utf-8"),
        chunked(b'{"a": ', FULL, b"}"),
        b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + b'{"a": %s}' % FULL,
        b"HTTP/1.1 100 Continue\r\n\r\n" + ok(b'{"a": %s}' % FULL),
        b"HTTP/1.1 103 Early\r\nLocation: /x\r\nContent-Type: text/html\r\n\r\n" * 3 + ok(b'{"a": %s}' % FULL),
        chunked(b'{"a": ', FULL, b"}", end=b"0\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\n"),
        ok(b'{"a": %s}' % FULL, "application/json", "Content-Encoding: identity"),
    ],
)
def test_a_response_may_be_as_large_as_the_limit(far_away: FarAway, answer: bytes) -> None:
    far_away.answers[""] = answer
    assert len(far_away.fetcher().json(URL)["a"]) == JSON_BYTES - 9


def test_a_truncated_body_is_refused(far_away: FarAway) -> None:
    """Without a Content-Length, only the end of the TLS session shows that the body is complete."""

    def cut_off(connection: socket.socket) -> None:
        connection.sendall(JSON_HEAD + b"\r\n{}")
        os.close(connection.detach())

    far_away.answers[""] = cut_off
    assert failure(far_away.fetcher()).reason == Reason.UNREACHABLE


@pytest.mark.parametrize("body", [b"<p>Gone", b"x" * (JSON_BYTES + 1)], ids=["short", "long"])
def test_a_page_is_told_from_other_errors(far_away: FarAway, body: bytes) -> None:
    far_away.answers[""] = status(404, "Content-Type: text/html; charset=utf-8", body=body)
    problem = failure(far_away.fetcher())
    assert (problem.reason, problem.status, problem.is_page) == (Reason.STATUS, 404, True)
    far_away.answers[""] = status(404, "Content-Type: application/json", body=body)
    assert not failure(far_away.fetcher()).is_page


@pytest.mark.parametrize("number", [302, 404, 200])
def test_a_refused_response_is_not_waited_for(far_away: FarAway, number: int) -> None:
    """Its headers suffice."""

    def send_no_body(connection: socket.socket) -> None:
        connection.sendall(status(number).replace(b"Content-Length: 0", b"Content-Length: 100"))
        far_away.stopped.wait(5)

    far_away.answers[""] = send_no_body
    assert failure(far_away.fetcher()).status == number


def test_many_threads_fetch_at_the_same_time(far_away: FarAway) -> None:
    """Each of them gets its own response or failure."""

    def fetch(number: int) -> None:
        fetcher = far_away.fetcher(seconds=30)
        if number % 2:
            problems[number] = failure(fetcher, URL + str(number)).status
        else:
            problems[number] = fetcher.json(URL + str(number))["number"]

    problems: dict[int, int] = {}
    for number in range(12):
        target = f"video.example.org/info?id=7{number}"
        far_away.answers[target] = status(500 + number) if number % 2 else as_json(number=500 + number)
    threads = [threading.Thread(target=fetch, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert problems == {number: 500 + number for number in range(12)}


@pytest.mark.parametrize("number", [408, 429, 500, 502, 503, 504])
def test_errors_that_may_pass_are_temporary(number: int) -> None:
    assert FetchFailed(Reason.STATUS, number).is_temporary


def test_other_errors_are_permanent() -> None:
    assert not FetchFailed(Reason.STATUS, 404).is_temporary
    assert not FetchFailed(Reason.TOO_LARGE, 200).is_temporary
    assert FetchFailed(Reason.TIMEOUT).is_temporary


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "application/json", "image/x-icon", "image/tiff"])
def test_other_media_types_than_those_of_our_pictures_are_refused(far_away: FarAway, kind: str) -> None:
    far_away.answers[""] = ok(b"<svg/>", kind)
    with pytest.raises(FetchFailed) as caught:
        far_away.fetcher().picture(URL)
    assert caught.value.reason == Reason.TYPE


def test_a_picture_may_be_larger_than_json(far_away: FarAway) -> None:
    far_away.answers[""] = ok(b"a" * client.PICTURE_BYTES, "image/jpeg")
    assert len(far_away.fetcher().picture(URL)) == client.PICTURE_BYTES
    far_away.answers[""] = ok(b"a" * (client.PICTURE_BYTES + 1), "image/jpeg")
    with pytest.raises(FetchFailed) as caught:
        far_away.fetcher().picture(URL)
    assert caught.value.reason == Reason.TOO_LARGE

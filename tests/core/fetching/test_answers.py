"""Whatever comes in when something is fetched: a whole answer of the kind that was meant, or one kind of failure."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.fetching import client
from core.fetching.client import JSON_BYTES, FetchFailed, Reason
from tests.core.fetching.other_servers import JSON_HEAD, URL, Answer, FarAway, failure, ok, status

GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def bit_by_bit(piece: bytes, head: bytes = b"", times: int = 100_000) -> Callable[[socket.socket], None]:
    """Send `piece` again and again, until they hang up."""

    def send(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(times):
            connection.sendall(piece)

    return send


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


FULL = b'"' + b"a" * (JSON_BYTES - 9) + b'"'
TROUBLE: dict[str, tuple[Answer, Reason]] = {
    "closes at once": (b"", Reason.UNREACHABLE),
    "closes within the headers": (b"HTTP/1.1 200 OK\r\nContent-", Reason.UNREACHABLE),
    "closes within the status": (b"HTTP/1.1 404", Reason.UNREACHABLE),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", Reason.GARBLED),
    "garbage": (bytes(range(256)) * 4, Reason.GARBLED),
    "only line ends": (b"\r\n" * 1000, Reason.GARBLED),
    "a status that is no number": (b"HTTP/1.1 OK OK\r\n\r\n", Reason.GARBLED),
    "a status beyond all numbers": (b"HTTP/1.1 99999 OK\r\n\r\n", Reason.GARBLED),
    "another protocol": (b"HTTP/7.0 200 OK\r\n\r\n", Reason.GARBLED),
    "a status line without end": (b"HTTP/1.1 200 " + b"a" * 200_000, Reason.GARBLED),
    "a header without end": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, Reason.GARBLED),
    "a thousand headers": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n", Reason.GARBLED),
    "large headers": (b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"y" * 60_000 + b"\r\n") * 50, Reason.TOO_LARGE),
    "patience without end": (bit_by_bit(b"HTTP/1.1 100 Continue\r\n\r\n" * 100), Reason.TOO_LARGE),
    "headers of strange bytes": (b"HTTP/1.1 200 OK\r\n\xff\xfe\0: \0\xff\r\n\r\n{}", Reason.TYPE),
    "no type": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Reason.TYPE),
    "a page": (ok(b"{}", "text/html"), Reason.TYPE),
    "a script": (ok(b"{}", "text/javascript"), Reason.TYPE),
    "nonsense for a type": (ok(b"{}", ";;/\0"), Reason.TYPE),
    "compressed, though nobody asked": (ok(GZIP, "application/json", "Content-Encoding: gzip"), Reason.TYPE),
    "a gigabyte announced": (JSON_HEAD + b"Content-Length: 1073741824\r\n\r\n{}", Reason.TOO_LARGE),
    "a byte too many announced": (JSON_HEAD + b"Content-Length: %d\r\n\r\n{}" % (JSON_BYTES + 1), Reason.TOO_LARGE),
    "a body without end": (bit_by_bit(b" " * 65_536, head=JSON_HEAD + b"\r\n"), Reason.TOO_LARGE),
    "chunks without end": (bit_by_bit(b"10000\r\n%s\r\n" % (b" " * 65_536), head=chunked(end=b"")), Reason.TOO_LARGE),
    "shorter than announced": (JSON_HEAD + b"Content-Length: 100\r\n\r\n{}", Reason.UNREACHABLE),
    "a negative length": (JSON_HEAD + b"Content-Length: -5\r\n\r\n{", Reason.GARBLED),
    "a length that is none": (JSON_HEAD + b"Content-Length: many\r\n\r\n{", Reason.GARBLED),
    "chunks cut off": (chunked(b"{}", end=b"ff\r\n{"), Reason.UNREACHABLE),
    "chunks of nonsense": (chunked(end=b"what?\r\n{}\r\n"), Reason.UNREACHABLE),
    "a negative chunk": (chunked(end=b"-5\r\n{}\r\n"), Reason.GARBLED),
    "a chunk of a terabyte": (chunked(end=b"ffffffffff\r\n{}\r\n"), Reason.UNREACHABLE),
    "no JSON": (ok(b"<html>"), Reason.GARBLED),
    "no object": (ok(b"[1]"), Reason.GARBLED),
    "nothing": (ok(b""), Reason.GARBLED),
    "no Unicode": (ok(b'{"a": "\xff\xfe"}'), Reason.GARBLED),
    "brackets without end": (ok(b"[" * 200_000), Reason.GARBLED),
    "a number without end": (ok(b'{"a": %s}' % (b"9" * 100_000)), Reason.GARBLED),
    **{f"status {number}": (status(number), Reason.STATUS) for number in (201, 204, 400, 401, 404, 429, 500, 999)},
}


@pytest.mark.parametrize("name", TROUBLE)
def test_whatever_a_server_does_is_one_kind_of_failure(far_away: FarAway, name: str) -> None:
    far_away.answers[""], reason = TROUBLE[name]
    assert failure(far_away.fetcher()).reason == reason


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", JSON_HEAD, JSON_HEAD + b"\r\n"]))
def test_no_bytes_are_an_error_of_ours(far_away: FarAway, noise: bytes, head: bytes) -> None:
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
    ],
)
def test_an_answer_may_be_as_large_as_the_limit(far_away: FarAway, answer: bytes) -> None:
    far_away.answers[""] = answer
    assert len(far_away.fetcher().json(URL)["a"]) == JSON_BYTES - 9


def test_a_body_that_somebody_cut_off_is_no_whole_one(far_away: FarAway) -> None:
    """Where no length is told, only the end of the encryption tells that this is all."""

    def cut_off(connection: socket.socket) -> None:
        connection.sendall(JSON_HEAD + b"\r\n{}")
        os.close(connection.detach())

    far_away.answers[""] = cut_off
    assert failure(far_away.fetcher()).reason == Reason.UNREACHABLE


@pytest.mark.parametrize("number", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_temporary(number: int) -> None:
    assert FetchFailed(Reason.STATUS, number).is_temporary


def test_what_will_be_the_same_in_an_hour_is_not() -> None:
    assert not FetchFailed(Reason.STATUS, 404).is_temporary
    assert not FetchFailed(Reason.TOO_LARGE, 200).is_temporary
    assert FetchFailed(Reason.TIMEOUT).is_temporary


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "application/json", "image/x-icon", "image/tiff"])
def test_what_says_that_it_is_no_picture_of_ours_is_not_taken(far_away: FarAway, kind: str) -> None:
    far_away.answers[""] = ok(b"<svg/>", kind)
    with pytest.raises(FetchFailed) as caught:
        far_away.fetcher().picture(URL)
    assert caught.value.reason == Reason.TYPE


def test_a_picture_may_be_larger_than_an_answer(far_away: FarAway) -> None:
    far_away.answers[""] = ok(b"a" * client.PICTURE_BYTES, "image/jpeg")
    assert len(far_away.fetcher().picture(URL)) == client.PICTURE_BYTES
    far_away.answers[""] = ok(b"a" * (client.PICTURE_BYTES + 1), "image/jpeg")
    with pytest.raises(FetchFailed) as caught:
        far_away.fetcher().picture(URL)
    assert caught.value.reason == Reason.TOO_LARGE

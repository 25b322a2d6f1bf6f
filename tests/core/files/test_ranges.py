"""Parts of a file: what players ask for, what attackers ask for, and that the whole site does not wait for either."""

from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, default_storage
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from core.files import ranges, serving
from core.files.ranges import MAX_OPEN_RANGE

FILM = bytes(range(256)) * 40  # 10,240 bytes, of which each place tells where it is
SIZE = len(FILM)
NAME = "clips/0123456789abcdef0123456789abcdef.webm"
ETAG = '"0123456789abcdef0123456789abcdef"'
PARTIAL, WHOLE, NOTHING = 206, 200, 416


@pytest.fixture
def address() -> str:
    return f"/media/{default_storage.save(NAME, ContentFile(FILM))}"


def ask(client: Client, address: str, **headers: str) -> tuple[HttpResponseBase, bytes]:
    response = client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return response, response.getvalue()


GOOD = {
    "bytes=0-1": (0, 1),  # the first question of Safari, which plays nothing if it gets more
    "bytes=0-": (0, SIZE - 1),
    "bytes=0-0": (0, 0),
    "bytes=100-199": (100, 199),
    "bytes=10239-": (10239, 10239),
    "bytes=10239-10239": (10239, 10239),
    "bytes=-1": (10239, 10239),
    "bytes=-100": (10140, 10239),
    "bytes=-10240": (0, 10239),
    "bytes=-99999999": (0, 10239),
    "bytes=5000-99999999": (5000, 10239),
    "bytes=5000-99999999999999999999999999": (5000, 10239),
    "bytes=00005-00009": (5, 9),
    "Bytes=3-4": (3, 4),
    "bytes= 3-4 ": (3, 4),
}


@pytest.mark.parametrize("header", GOOD)
def test_a_part_is_sent_as_asked(client: Client, address: str, header: str) -> None:
    first, last = GOOD[header]
    response, body = ask(client, address, range=header)
    assert response.status_code == PARTIAL
    assert body == FILM[first : last + 1]
    assert response["Content-Length"] == str(len(body))
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response["Content-Type"] == "video/webm"
    assert response["ETag"] == ETAG
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "sandbox" in response["Content-Security-Policy"]
    assert "script" not in response["Content-Security-Policy"]


BEHIND_THE_END = ["bytes=10240-", "bytes=10240-10300", "bytes=-0", f"bytes={'9' * 60}-", f"bytes={2**64}-{2**65}"]


@pytest.mark.parametrize("header", BEHIND_THE_END)
def test_behind_the_end_there_is_nothing(client: Client, address: str, header: str) -> None:
    response, body = ask(client, address, range=header)
    assert (response.status_code, body) == (NOTHING, b"")
    assert response["Content-Range"] == f"bytes */{SIZE}"
    assert response["X-Content-Type-Options"] == "nosniff"


NOT_UNDERSTOOD = [
    "",
    "bytes",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "bytes=5",
    "bytes=9-5",
    "bytes=--5",
    "bytes=+1-2",
    "bytes=1_0-20",
    "bytes=1.0-2",
    "bytes=0x1-0x2",
    "bytes=٣-٤",
    "bytes=0-1\x00",
    "bytes=0-1,",
    "bytes=0-1, 5-9",
    "bytes=0-1,-1",
    "items=0-1",
    "bytes 0-1/10240",
    "bytes:0-1",
    " bytes=0-1",
    "bytes=" + ",".join(["0-"] * 5000),
    "bytes=" + "9" * 100_000 + "-",
    "bytes=0-" + "9" * 5000,
    "bytes=" + " " * 100_000 + "0-1",
]


@pytest.mark.parametrize("header", NOT_UNDERSTOOD, ids=lambda header: header[:20])
def test_what_is_not_one_range_gets_the_whole_once(client: Client, address: str, header: str) -> None:
    response, body = ask(client, address, range=header)
    assert (response.status_code, body) == (WHOLE, FILM)
    assert response["Content-Length"] == str(SIZE)
    assert "Content-Range" not in response
    assert response["Accept-Ranges"] == "bytes"


def test_of_an_empty_file_there_is_no_part(client: Client) -> None:
    address = f"/media/{default_storage.save('clips/empty.webm', ContentFile(b''))}"
    assert ask(client, address)[1] == b""
    for header in ("bytes=0-", "bytes=0-1", "bytes=-5"):
        assert ask(client, address, range=header)[0].status_code == NOTHING


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (ETAG, PARTIAL),
        ('"another"', WHOLE),
        (f"W/{ETAG}", WHOLE),  # weak: alike, and perhaps not the same to the byte
        ("Fri, 20 Nov 2026 12:00:00 GMT", WHOLE),
        ("", WHOLE),
        ("*", WHOLE),
        ('"' * 5000, WHOLE),
    ],
)
def test_a_part_is_only_sent_of_the_version_that_is_meant(
    client: Client, address: str, condition: str, status: int
) -> None:
    response, body = ask(client, address, range="bytes=5-9", if_range=condition)
    assert response.status_code == status
    assert body == (FILM[5:10] if status == PARTIAL else FILM)


def test_who_has_the_file_is_not_sent_it_again(client: Client, address: str) -> None:
    for headers in ({}, {"range": "bytes=0-1"}):
        response, body = ask(client, address, if_none_match=ETAG, **headers)
        assert (response.status_code, body) == (304, b"")
        assert response["ETag"] == ETAG
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "sandbox" in response["Content-Security-Policy"]  # a cache notes it down for the file
    assert ask(client, address, if_none_match='"another"')[0].status_code == WHOLE
    assert ask(client, address, if_match='"another"', range="bytes=0-1")[0].status_code == 412


def test_head_tells_of_the_whole_whatever_part_is_asked_for(client: Client, address: str) -> None:
    for headers in ({}, {"Range": "bytes=0-1"}, {"Range": "bytes=99999-"}):
        response = client.head(address, headers=headers)
        assert response.status_code == WHOLE
        assert response["Content-Length"] == str(SIZE)
        assert response["Accept-Ranges"] == "bytes"
        assert response["ETag"] == ETAG
        assert "Content-Range" not in response
        assert response.getvalue() == b""


def test_a_file_that_is_not_named_by_its_content_has_a_tag_of_its_version(client: Client) -> None:
    name = default_storage.save("covers/front.jpg", ContentFile(b"one"))
    first = ask(client, f"/media/{name}")[0]["ETag"]
    assert ask(client, f"/media/{name}", if_none_match=first)[0].status_code == 304
    default_storage.delete(name)
    default_storage.save("covers/front.jpg", ContentFile(b"other"))
    response, body = ask(client, f"/media/{name}", range="bytes=0-1", if_range=first)
    assert (response.status_code, body) == (WHOLE, b"other")


class Elsewhere(Storage):
    """As on another machine: it has no paths, and does not know when a file was written."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def _open(self, name: str, mode: str = "rb") -> ContentFile[bytes]:
        return ContentFile(self.kept[name], name=name)

    def _save(self, name: str, content: File[bytes]) -> str:
        self.kept[name] = content.read()
        return name

    def exists(self, name: str) -> bool:
        return name in self.kept


def test_a_storage_that_is_no_folder_serves_parts_too(client: Client, settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.Elsewhere"}}
    default_storage.save(NAME, ContentFile(FILM))
    default_storage.save("covers/front.jpg", ContentFile(FILM))
    response, body = ask(client, "/media/covers/front.jpg", range="bytes=5-9")
    assert (response.status_code, body) == (PARTIAL, FILM[5:10])
    assert "ETag" not in response
    response, body = ask(client, f"/media/{NAME}", range="bytes=-5")
    assert (response.status_code, body) == (PARTIAL, FILM[-5:])
    assert ask(client, f"/media/{NAME}")[1] == FILM


# --- Long films


class Watched(ContentFile[bytes]):
    """A file that notes how much of it was asked for at once."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.asked: list[int] = []

    def read(self, size: int = -1) -> bytes:
        self.asked.append(size)
        content: bytes = self.file.read(size)
        return content


def test_a_file_is_read_in_small_pieces() -> None:
    file = Watched(bytes(1_000_000))
    part = ranges.RangeReader(file, ranges.ByteRange(10, 900_010))
    assert sum(len(chunk) for chunk in part) == 900_000
    assert 0 < max(file.asked) <= ranges.CHUNK
    assert min(file.asked) >= 0


@pytest.fixture
def long_film() -> Iterator[str]:
    """The address of a film that no single answer to a player holds."""
    yield f"/media/{default_storage.save(NAME, ContentFile(bytes(MAX_OPEN_RANGE + 1000)))}"
    assert serving.LONG_RESPONSES.acquire(blocking=False), "somebody forgot to give back a slot"
    serving.LONG_RESPONSES.release()


def test_a_player_that_asks_without_an_end_gets_a_part_that_does_not_hold_up_the_server(
    client: Client, long_film: str
) -> None:
    response, body = ask(client, long_film, range="bytes=0-")
    assert (response.status_code, len(body)) == (PARTIAL, MAX_OPEN_RANGE)
    assert response["Content-Range"] == f"bytes 0-{MAX_OPEN_RANGE - 1}/{MAX_OPEN_RANGE + 1000}"
    response, body = ask(client, long_film, range=f"bytes={MAX_OPEN_RANGE}-")
    assert response["Content-Range"] == f"bytes {MAX_OPEN_RANGE}-{MAX_OPEN_RANGE + 999}/{MAX_OPEN_RANGE + 1000}"
    assert ask(client, long_film, range=f"bytes=0-{MAX_OPEN_RANGE + 500}")[0]["Content-Length"] == str(
        MAX_OPEN_RANGE + 501
    )


def test_few_slow_downloads_leave_threads_for_all_others(db: None, client: Client, long_film: str) -> None:
    slow = [client.get(long_film), client.get(long_film)]
    refused, sentence = ask(client, long_film)
    assert refused.status_code == 503
    assert refused["Retry-After"] == "60"
    assert refused["Cache-Control"] == "no-store"
    assert b"Try again in a minute" in sentence
    shortened, body = ask(client, long_film, range=f"bytes=0-{MAX_OPEN_RANGE + 500}")
    assert (shortened.status_code, len(body)) == (PARTIAL, MAX_OPEN_RANGE)
    assert client.head(long_film).status_code == WHOLE
    slow[0].close()  # the reader has gone away
    assert len(ask(client, long_film)[1]) == MAX_OPEN_RANGE + 1000
    slow[1].close()
    assert len(ask(client, long_film)[1]) == MAX_OPEN_RANGE + 1000


def test_a_reader_who_vanishes_before_the_first_byte_gives_the_slot_back() -> None:
    given_back: list[str] = []
    part = ranges.RangeReader(ContentFile(FILM), ranges.ByteRange(0, 5), lambda: given_back.append("slot"))
    part.close()
    part.close()
    del part
    assert given_back == ["slot"]

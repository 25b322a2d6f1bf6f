"""Range requests of players and of attackers, neither of which may block the site."""

from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, default_storage
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from core.files import ranges, serving
from core.files.ranges import MAX_OPEN_RANGE

FILM = bytes(range(256)) * 40  # 10,240 bytes, each of which shows its position modulo 256
SIZE = len(FILM)
NAME = "clips/0123456789abcdef0123456789abcdef.webm"
ETAG = '"0123456789abcdef0123456789abcdef"'
PARTIAL, WHOLE, NOTHING = 206, 200, 416


@pytest.fixture
def url() -> str:
    return f"/media/{default_storage.save(NAME, ContentFile(FILM))}"


def ask(client: Client, url: str, **headers: str) -> tuple[HttpResponseBase, bytes]:
    response = client.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return response, response.getvalue()


GOOD = {
    "bytes=0-1": (0, 1),  # the first request of Safari, which plays nothing if it gets more
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
def test_the_requested_range_is_sent(client: Client, url: str, header: str) -> None:
    first, last = GOOD[header]
    response, body = ask(client, url, range=header)
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


AFTER_THE_END = ["bytes=10240-", "bytes=10240-10300", "bytes=-0", f"bytes={'9' * 60}-", f"bytes={2**64}-{2**65}"]


@pytest.mark.parametrize("header", AFTER_THE_END)
def test_a_range_after_the_end_is_not_satisfiable(client: Client, url: str, header: str) -> None:
    response, body = ask(client, url, range=header)
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
def test_anything_but_one_range_gets_the_whole_file_once(client: Client, url: str, header: str) -> None:
    response, body = ask(client, url, range=header)
    assert (response.status_code, body) == (WHOLE, FILM)
    assert response["Content-Length"] == str(SIZE)
    assert "Content-Range" not in response
    assert response["Accept-Ranges"] == "bytes"


def test_an_empty_file_has_no_range(client: Client) -> None:
    url = f"/media/{default_storage.save('clips/empty.webm', ContentFile(b''))}"
    assert ask(client, url)[1] == b""
    for header in ("bytes=0-", "bytes=0-1", "bytes=-5"):
        assert ask(client, url, range=header)[0].status_code == NOTHING


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (ETAG, PARTIAL),
        ('"another"', WHOLE),
        (f"W/{ETAG}", WHOLE),  # weak: equivalent, but perhaps not identical
        ("Fri, 20 Nov 2026 12:00:00 GMT", WHOLE),
        ("", WHOLE),
        ("*", WHOLE),
        ('"' * 5000, WHOLE),
    ],
)
def test_if_range_must_name_the_current_version(client: Client, url: str, condition: str, status: int) -> None:
    response, body = ask(client, url, range="bytes=5-9", if_range=condition)
    assert response.status_code == status
    assert body == (FILM[5:10] if status == PARTIAL else FILM)


def test_a_client_that_has_the_file_gets_a_304(client: Client, url: str) -> None:
    for headers in ({}, {"range": "bytes=0-1"}):
        response, body = ask(client, url, if_none_match=ETAG, **headers)
        assert (response.status_code, body) == (304, b"")
        assert response["ETag"] == ETAG
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "sandbox" in response["Content-Security-Policy"]  # a cache stores it with the file
    assert ask(client, url, if_none_match='"another"')[0].status_code == WHOLE
    assert ask(client, url, if_match='"another"', range="bytes=0-1")[0].status_code == 412


def test_head_describes_the_whole_file_whatever_the_range(client: Client, url: str) -> None:
    for headers in ({}, {"Range": "bytes=0-1"}, {"Range": "bytes=99999-"}):
        response = client.head(url, headers=headers)
        assert response.status_code == WHOLE
        assert response["Content-Length"] == str(SIZE)
        assert response["Accept-Ranges"] == "bytes"
        assert response["ETag"] == ETAG
        assert "Content-Range" not in response
        assert response.getvalue() == b""


def test_the_etag_of_another_file_changes_with_its_version(client: Client) -> None:
    name = default_storage.save("covers/front.jpg", ContentFile(b"one"))
    first = ask(client, f"/media/{name}")[0]["ETag"]
    assert ask(client, f"/media/{name}", if_none_match=first)[0].status_code == 304
    default_storage.delete(name)
    default_storage.save("covers/front.jpg", ContentFile(b"other"))
    response, body = ask(client, f"/media/{name}", range="bytes=0-1", if_range=first)
    assert (response.status_code, body) == (WHOLE, b"other")


class RemoteStorage(Storage):
    """A storage without paths and modification times."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def _open(self, name: str, mode: str = "rb") -> ContentFile[bytes]:
        return ContentFile(self.files[name], name=name)

    def _save(self, name: str, content: File[bytes]) -> str:
        self.files[name] = content.read()
        return name

    def exists(self, name: str) -> bool:
        return name in self.files


def test_a_remote_storage_serves_ranges_too(client: Client, settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.RemoteStorage"}}
    default_storage.save(NAME, ContentFile(FILM))
    default_storage.save("covers/front.jpg", ContentFile(FILM))
    response, body = ask(client, "/media/covers/front.jpg", range="bytes=5-9")
    assert (response.status_code, body) == (PARTIAL, FILM[5:10])
    assert "ETag" not in response
    response, body = ask(client, f"/media/{NAME}", range="bytes=-5")
    assert (response.status_code, body) == (PARTIAL, FILM[-5:])
    assert ask(client, f"/media/{NAME}")[1] == FILM


# --- Long responses


class RecordingFile(ContentFile[bytes]):
    """A file that records how many bytes each read requested."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.sizes: list[int] = []

    def read(self, size: int = -1) -> bytes:
        self.sizes.append(size)
        content: bytes = self.file.read(size)
        return content


def test_a_file_is_read_in_small_chunks() -> None:
    file = RecordingFile(bytes(1_000_000))
    part = ranges.RangeReader(file, ranges.ByteRange(10, 900_010))
    assert sum(len(chunk) for chunk in part) == 900_000
    assert 0 < max(file.sizes) <= ranges.CHUNK
    assert min(file.sizes) >= 0


@pytest.fixture
def long_film() -> Iterator[str]:
    """The URL of a film that is longer than a response to a range without an end."""
    yield f"/media/{default_storage.save(NAME, ContentFile(bytes(MAX_OPEN_RANGE + 1000)))}"
    assert serving.LONG_RESPONSES.acquire(blocking=False), "a slot was not released"
    serving.LONG_RESPONSES.release()


def test_a_range_without_an_end_gets_a_short_response(client: Client, long_film: str) -> None:
    response, body = ask(client, long_film, range="bytes=0-")
    assert (response.status_code, len(body)) == (PARTIAL, MAX_OPEN_RANGE)
    assert response["Content-Range"] == f"bytes 0-{MAX_OPEN_RANGE - 1}/{MAX_OPEN_RANGE + 1000}"
    response, body = ask(client, long_film, range=f"bytes={MAX_OPEN_RANGE}-")
    assert response["Content-Range"] == f"bytes {MAX_OPEN_RANGE}-{MAX_OPEN_RANGE + 999}/{MAX_OPEN_RANGE + 1000}"
    assert ask(client, long_film, range=f"bytes=0-{MAX_OPEN_RANGE + 500}")[0]["Content-Length"] == str(
        MAX_OPEN_RANGE + 501
    )


def test_slow_downloads_leave_threads_for_other_requests(db: None, client: Client, long_film: str) -> None:
    slow = [client.get(long_film), client.get(long_film)]
    refused, sentence = ask(client, long_film)
    assert refused.status_code == 503
    assert refused["Retry-After"] == "60"
    assert refused["Cache-Control"] == "no-store"
    assert b"Try again in a minute" in sentence
    shortened, body = ask(client, long_film, range=f"bytes=0-{MAX_OPEN_RANGE + 500}")
    assert (shortened.status_code, len(body)) == (PARTIAL, MAX_OPEN_RANGE)
    assert client.head(long_film).status_code == WHOLE
    slow[0].close()  # the client has disconnected
    assert len(ask(client, long_film)[1]) == MAX_OPEN_RANGE + 1000
    slow[1].close()
    assert len(ask(client, long_film)[1]) == MAX_OPEN_RANGE + 1000


def test_a_client_that_disconnects_before_the_first_byte_releases_the_slot() -> None:
    released: list[str] = []
    part = ranges.RangeReader(ContentFile(FILM), ranges.ByteRange(0, 5), lambda: released.append("slot"))
    part.close()
    part.close()
    del part
    assert released == ["slot"]

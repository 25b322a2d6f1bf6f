"""Files in an S3 bucket, on a real S3 server."""

import http.client
import os
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage, storages
from django.test import Client
from pytest_django import Settings

from config import checks, environment
from core.files.s3 import BLOCK
from core.files.storages import StorageUnavailable
from tests.browser.conftest import free_port

DATA = os.urandom(3 * BLOCK + 100)


@pytest.fixture
def folder(bucket: str, settings: Settings) -> str:
    """The folder of this test in the bucket."""
    folder = uuid4().hex
    settings.STORAGES = {**settings.STORAGES, **environment.file_storages(f"{bucket}/{folder}")}
    return folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The byte ranges that are requested from the bucket."""
    parts: list[str] = []
    request = http.client.HTTPConnection.putheader

    def noted(self: http.client.HTTPConnection, name: Any, *values: Any) -> None:
        if str(name).lower() == "range":
            parts.append(str(values[0], "ascii") if isinstance(values[0], bytes) else str(values[0]))
        request(self, name, *values)

    monkeypatch.setattr(http.client.HTTPConnection, "putheader", noted)
    return parts


def test_what_is_kept_comes_back_whole(folder: str) -> None:
    name = default_storage.save("videos/a.webm", ContentFile(DATA))
    with default_storage.open(name) as file:
        assert file.size == len(DATA)
        assert b"".join(file.chunks()) == DATA
    default_storage.delete(name)
    assert not default_storage.exists(name)


def test_a_name_that_is_taken_is_not_written_over(folder: str) -> None:
    names = {
        default_storage.save("covers/a.jpg", ContentFile(b"one")),
        default_storage.save("covers/a.jpg", ContentFile(b"two")),
    }
    assert len(names) == 2


def test_only_the_part_that_is_read_is_fetched(folder: str, asked: list[str]) -> None:
    with default_storage.open(default_storage.save("videos/a.webm", ContentFile(DATA))) as file:
        file.seek(BLOCK + 7)
        assert file.read(9) == DATA[BLOCK + 7 : BLOCK + 16]
        file.seek(-5, os.SEEK_END)
        assert file.read() == DATA[-5:]
    assert asked == [f"bytes={BLOCK + 7}-{2 * BLOCK + 6}", f"bytes={len(DATA) - 5}-{len(DATA) - 1}"]


def test_a_film_that_is_replaced_is_not_read_on(folder: str) -> None:
    with default_storage.open(default_storage.save("videos/a.webm", ContentFile(DATA))) as file:
        assert file.read(10) == DATA[:10]
        default_storage.delete("videos/a.webm")
        default_storage.save("videos/a.webm", ContentFile(DATA[::-1]))
        with pytest.raises(StorageUnavailable):
            file.read(BLOCK)


def test_readers_get_it_by_our_address_and_policy(folder: str, client: Client) -> None:
    name = default_storage.save(f"clips/{'a' * 32}.webm", ContentFile(DATA))
    assert default_storage.url(name) == f"/media/{name}"
    part = client.get(f"/media/{name}", headers={"Range": "bytes=100-199"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, DATA[100:200])  # type: ignore[attr-defined]
    assert "sandbox" in part["Content-Security-Policy"]
    assert part["Cache-Control"] == "public, max-age=31536000, immutable"
    same = client.get(f"/media/{name}", headers={"If-None-Match": part["ETag"]})
    assert same.status_code == 304
    assert client.get("/media/clips/missing.webm").status_code == 404


def test_a_bucket_that_is_away_is_no_missing_file(settings: Settings, client: Client) -> None:
    nowhere = f"s3+http://key:secret@127.0.0.1:{free_port()}/blog"
    settings.STORAGES = {**settings.STORAGES, **environment.file_storages(nowhere)}
    answer = client.get("/media/covers/a.jpg")
    assert (answer.status_code, answer["Cache-Control"]) == (503, "no-store")
    actions: list[Callable[[], object]] = [
        lambda: default_storage.exists("a"),
        lambda: default_storage.save("a", ContentFile(b"a")),
        lambda: default_storage.delete("a"),
    ]
    for action in actions:
        with pytest.raises(StorageUnavailable):
            action()


def private() -> Storage:
    return storages["private"]


def test_evidence_has_no_address_and_lies_where_media_do_not_lead(folder: str, client: Client) -> None:
    name = private().save("evidence/letter", ContentFile(b"Dear host"))
    with pytest.raises(ValueError, match="no URL"):
        private().url(name)
    for path in (name, f"../private/{name}", f"private/{name}", f"{folder}/private/{name}"):
        assert client.get(f"/media/{path}").status_code == 404
    with private().open(name) as file:
        assert file.read() == b"Dear host"


def test_a_bucket_that_is_publicly_readable_is_warned_of(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.the_bucket_is_private(None) == []
    monkeypatch.setattr(private(), "default_acl", "public-read")
    assert [warning.id for warning in checks.the_bucket_is_private(None)] == ["imprimatur.W004"]
    assert private().listdir("") == ([], [])


def test_a_bucket_that_is_not_there_is_warned_of(bucket: str, settings: Settings) -> None:
    missing = environment.file_storages(f"{bucket}-of-somebody-else")
    settings.STORAGES = {**settings.STORAGES, **missing}
    (warning,) = checks.the_bucket_is_private(None)
    assert "cannot be used" in warning.msg
    assert "secret" not in warning.msg

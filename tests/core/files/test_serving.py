"""Requests of readers and of attackers for public media."""

import re
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from blog.models import Video
from blog.permissions import steps
from blog.publishing import lifecycle
from tests.conftest import MakePost, MakeRepost

PNG = b"\x89PNG\r\n\x1a\n and so on"
HASHED = "0123456789abcdef0123456789abcdef"


def stored(name: str, data: bytes = PNG) -> str:
    return f"/media/{default_storage.save(name, ContentFile(data))}"


def fetch(client: Client, url: str, method: str = "get") -> tuple[HttpResponseBase, bytes]:
    """The response and its body. Reading it to the end closes the file."""
    response = getattr(client, method)(url)
    assert response.status_code == 200
    return response, response.getvalue()


def test_a_picture_is_cached_for_ever_and_has_no_rights(client: Client) -> None:
    response, body = fetch(client, stored(f"pictures/2026/{HASHED}.png"))
    assert body == PNG
    assert response["Content-Type"] == "image/png"
    assert response["Content-Length"] == str(len(PNG))
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert not response["Content-Disposition"].startswith("attachment")
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def test_a_file_with_another_name_is_cached_for_an_hour(client: Client) -> None:
    response, _body = fetch(client, stored("covers/front.jpg"))
    assert response["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize("name", ["evil.html", "evil.svg", "evil.xml", "evil.js", "evil.png.html", "evil", "evil.PNG"])
def test_a_file_of_unknown_type_is_only_a_download(client: Client, name: str) -> None:
    response, _body = fetch(client, stored(name, b"<script>alert(1)</script>"))
    assert response["Content-Type"] == "application/octet-stream"
    assert re.match(r"attachment; filename=", response["Content-Disposition"])
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("field", "folder"), [("file", "videos"), ("captions", "captions"), ("poster", "posters")])
def test_files_of_a_video_are_public_as_long_as_the_video_is(
    client: Client, admin_client: Client, make_repost: MakeRepost, field: str, folder: str
) -> None:
    post = make_repost()
    name = default_storage.save(f"{folder}/{HASHED}.webm", ContentFile(PNG))
    Video.objects.create(post=post, part="repost", provider="upload", **{field: name})
    url = f"/media/{name}"
    response, _body = fetch(client, url)
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=10, must-revalidate"
    steps.withdraw(post.repost, by="Eldon Host")
    assert client.get(url).status_code == 404
    response, _body = fetch(admin_client, url)
    assert response["Cache-Control"] == "private, no-store"
    steps.restore(post.repost, by="Eldon Host")
    fetch(client, url)
    lifecycle.withdraw(post)
    assert client.get(url).status_code == 404


def test_a_film_of_two_posts_is_public_if_one_of_them_is(client: Client, make_post: MakePost) -> None:
    name = default_storage.save(f"videos/{HASHED}.webm", ContentFile(PNG))
    for status in ("draft", "published"):
        Video.objects.create(post=make_post(status, status=status), provider="upload", file=name)
    fetch(client, f"/media/{name}")


OUTSIDE = [
    "nothing.png",
    "../secret_key",
    "..%2fsecret_key",
    "%2e%2e/secret_key",
    "pictures/../../secret_key",
    "pictures/..%2f..%2fsecret_key",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "..%5csecret_key",
    ".hidden.png",
    "pictures/.hidden/a.png",
    "pictures",
    "pictures/",
    "a%00.png",
    "pictures/inside.png%00.html",
    "pictures/inside.png/",
    "pictures//inside.png",
    "x" * 300 + ".png",
    "a/" * 2000 + "b.png",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_there_is_nothing_outside_the_media_folder(client: Client, settings: Settings, path: str) -> None:
    Path(settings.DATA, "secret_key").write_text("secret")
    for name in ("pictures/inside.png", ".hidden.png", "pictures/.hidden/a.png"):
        file = Path(settings.MEDIA_ROOT, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(PNG)
    response = client.get(f"/media/{path}")
    assert response.status_code == 404
    assert response["Cache-Control"] == "max-age=0"


def test_media_cannot_be_written_through_their_url(client: Client) -> None:
    url = stored("covers/front.jpg")
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(url).status_code == 405
    response, body = fetch(client, url, "head")
    assert (response["Content-Type"], response["Content-Length"], body) == ("image/jpeg", str(len(PNG)), b"")

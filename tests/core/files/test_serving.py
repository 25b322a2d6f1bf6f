"""Public media as readers, and attackers, ask for them."""

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


def kept(name: str, data: bytes = PNG) -> str:
    return f"/media/{default_storage.save(name, ContentFile(data))}"


def fetched(client: Client, address: str, method: str = "get") -> tuple[HttpResponseBase, bytes]:
    """The answer and its body; reading to the end closes the file."""
    response = getattr(client, method)(address)
    assert response.status_code == 200
    return response, response.getvalue()


def test_a_picture_is_served_for_ever_and_can_do_nothing(client: Client) -> None:
    response, body = fetched(client, kept(f"pictures/2026/{HASHED}.png"))
    assert body == PNG
    assert response["Content-Type"] == "image/png"
    assert response["Content-Length"] == str(len(PNG))
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert not response["Content-Disposition"].startswith("attachment")
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def test_a_name_that_does_not_tell_the_content_is_asked_for_again(client: Client) -> None:
    response, _body = fetched(client, kept("covers/front.jpg"))
    assert response["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize("name", ["evil.html", "evil.svg", "evil.xml", "evil.js", "evil.png.html", "evil", "evil.PNG"])
def test_what_is_not_ours_is_only_ever_a_download(client: Client, name: str) -> None:
    response, _body = fetched(client, kept(name, b"<script>alert(1)</script>"))
    assert response["Content-Type"] == "application/octet-stream"
    assert re.match(r"attachment; filename=", response["Content-Disposition"])
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("field", "folder"), [("file", "videos"), ("captions", "captions"), ("poster", "posters")])
def test_what_belongs_to_a_video_is_there_as_long_as_the_video_is(
    client: Client, admin_client: Client, make_repost: MakeRepost, field: str, folder: str
) -> None:
    post = make_repost()
    name = default_storage.save(f"{folder}/{HASHED}.webm", ContentFile(PNG))
    Video.objects.create(post=post, part="repost", provider="upload", **{field: name})
    address = f"/media/{name}"
    response, _body = fetched(client, address)
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=10, must-revalidate"
    steps.withdraw(post.repost, by="Eldon Host")
    assert client.get(address).status_code == 404
    response, _body = fetched(admin_client, address)
    assert response["Cache-Control"] == "private, no-store"
    steps.restore(post.repost, by="Eldon Host")
    fetched(client, address)
    lifecycle.withdraw(post)
    assert client.get(address).status_code == 404


def test_of_a_film_that_two_posts_show_one_is_enough(client: Client, make_post: MakePost) -> None:
    name = default_storage.save(f"videos/{HASHED}.webm", ContentFile(PNG))
    for status in ("draft", "published"):
        Video.objects.create(post=make_post(status, status=status), provider="upload", file=name)
    fetched(client, f"/media/{name}")


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


def test_media_are_read_and_never_written_through_their_address(client: Client) -> None:
    address = kept("covers/front.jpg")
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(address).status_code == 405
    response, body = fetched(client, address, "head")
    assert (response["Content-Type"], response["Content-Length"], body) == ("image/jpeg", str(len(PNG)), b"")

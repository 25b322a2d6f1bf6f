"""The two views that the editor's script calls."""

from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import Settings

from blog.models import Person

UPLOAD, PREVIEW = "/admin/markdownx/upload/", "/admin/markdownx/markdownify/"


def picture(name: str = "photo.png", kind: str = "image/png") -> SimpleUploadedFile:
    written = BytesIO()
    Image.new("RGB", (60, 40), (200, 30, 30)).save(written, "PNG")
    return SimpleUploadedFile(name, written.getvalue(), kind)


def stored() -> list[str]:
    return default_storage.listdir("pictures/2026")[1] if default_storage.exists("pictures/2026") else []


@pytest.fixture
def host_client(client: Client, host: Person) -> Client:
    assert host.user is not None
    client.force_login(host.user)
    return client


@pytest.fixture
def writer(db: None) -> User:
    """Staff who may write posts, but not upload pictures."""
    user = User.objects.create_user("writer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_post"))
    return user


def test_an_upload_returns_markdown_that_asks_for_a_description(host_client: Client, noon: Any) -> None:
    response = host_client.post(UPLOAD, {"image": picture()})
    assert response.status_code == 200
    [name] = stored()
    assert response.json() == {"image_code": f"![Describe this picture](/media/pictures/2026/{name})"}
    served = host_client.get(f"/media/pictures/2026/{name}")
    assert (served.status_code, served["Content-Type"]) == (200, "image/png")
    assert Image.open(BytesIO(served.getvalue())).size == (60, 40)


def test_the_claimed_name_and_type_are_ignored(host_client: Client, noon: Any) -> None:
    assert host_client.post(UPLOAD, {"image": picture("../../x\x00.html", "text/html")}).status_code == 200
    [name] = stored()
    assert name.endswith(".png")


REFUSED = {
    "a page as a GIF": SimpleUploadedFile("evil.html", b"<script>alert(1)</script>", "image/gif"),
    "an SVG": SimpleUploadedFile(
        "evil.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "image/svg+xml"
    ),
    "nothing": SimpleUploadedFile("empty.png", b"", "image/png"),
    "a text field": "photo.png",
}


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_upload_is_a_400_with_a_sentence_that_the_script_shows(
    host_client: Client, noon: Any, sent: Any
) -> None:
    response = host_client.post(UPLOAD, {"image": sent})
    assert response.status_code == 400
    answer = response.json()
    assert answer["error"].endswith(".")
    assert answer["error"] in answer["image_code"]
    assert not stored()


def test_too_large_an_upload_is_a_400(host_client: Client, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    response = host_client.post(UPLOAD, {"image": picture()})
    assert (response.status_code, "too large" in response.json()["error"]) == (400, True)


def test_an_upload_needs_a_login(client: Client, db: None, noon: Any) -> None:
    response = client.post(UPLOAD, {"image": picture()})
    assert (response.status_code, "signed out" in response.json()["error"]) == (403, True)
    assert not stored()


def test_an_upload_needs_the_permission(client: Client, writer: User, noon: Any) -> None:
    client.force_login(writer)
    response = client.post(UPLOAD, {"image": picture()})
    assert (response.status_code, "permission" in response.json()["error"]) == (403, True)
    assert not stored()


def test_the_permission_is_enough_for_staff_but_not_for_others(client: Client, writer: User, noon: Any) -> None:
    writer.user_permissions.add(Permission.objects.get(codename="upload_picture"))
    client.force_login(writer)
    assert client.post(UPLOAD, {"image": picture()}).status_code == 200
    User.objects.filter(pk=writer.pk).update(is_staff=False)
    assert client.post(UPLOAD, {"image": picture()}).status_code == 403


@pytest.mark.parametrize("url", [UPLOAD, PREVIEW])
def test_another_site_cannot_post_in_the_name_of_the_host(host: Person, url: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert host.user is not None
    client.force_login(host.user)
    response = client.post(url, {"image": picture(), "content": "text"})
    assert response.status_code == 403
    assert not stored()


@pytest.mark.parametrize("url", [UPLOAD, PREVIEW])
def test_neither_view_allows_get_and_no_cache_stores_their_responses(host_client: Client, url: str) -> None:
    assert host_client.get(url).status_code == 405
    assert "no-store" in host_client.post(url)["Cache-Control"]


def test_the_preview_is_rendered_like_the_page(client: Client, writer: User) -> None:
    client.force_login(writer)
    response = client.post(
        PREVIEW, {"content": "# Light\n\n**strong** <script>alert(1)</script>[x](javascript:alert(1))"}
    )
    html = response.content.decode()
    assert response.status_code == 200
    assert "<strong>strong</strong>" in html
    assert "<script" not in html
    assert 'href="javascript:' not in html
    assert 'id="preview-' in html


def test_the_preview_of_an_empty_text_is_empty(host_client: Client) -> None:
    for data in ({}, {"content": ""}):
        response = host_client.post(PREVIEW, data)
        assert (response.status_code, response.content) == (200, b"")


def test_too_long_a_text_gets_a_sentence_instead_of_a_preview(host_client: Client) -> None:
    response = host_client.post(PREVIEW, {"content": "x" * 200_001})
    assert response.status_code == 400
    assert "too long" in response.content.decode()


def test_a_preview_needs_the_permission_to_write_posts(client: Client, moderator: User) -> None:
    assert client.post(PREVIEW, {"content": "text"}).status_code == 403
    client.force_login(moderator)
    assert client.post(PREVIEW, {"content": "text"}).status_code == 403

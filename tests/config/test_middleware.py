"""Middleware: the checks of request bodies, and the headers of every response."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from blog.models import Post

DENIED = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), "
    "payment=(), usb=()"
)
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("charset", ["rot13", "utf-16", "latin-1", "base64"])
@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x"])
def test_a_body_that_is_not_in_utf_8_is_a_bad_request(charset: str, kind: str, own_post: Post) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\r\n--x--\r\n'
    page = Client().generic(
        "POST",
        f"/comments/new/{own_post.pk}/",
        body,
        content_type=f"{kind}; charset={charset}",
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert page.status_code == 400
    assert page["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/comments/new/1/", "/admin/login/", "/"])
def test_strangers_cannot_fill_the_disk_with_files(path: str, settings: Settings, own_post: Post) -> None:
    settings.REQUEST_MAX_BYTES = 10_000
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    assert client.post(path, {"f": SimpleUploadedFile("a", b"x" * 9_000)}).status_code != 413
    assert client.post(path, {"f": SimpleUploadedFile("a", b"x" * 20_000)}).status_code == 400


@pytest.mark.parametrize("path", ["/tags/x", "/admin", "/2025/11/own-post/", "/static/icons/icon.svg"])
def test_redirects_and_files_carry_the_security_headers(path: str, own_post: Post) -> None:
    response = Client().get(path)
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Permissions-Policy"] == DENIED

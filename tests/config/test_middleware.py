"""What every request meets before a view: the look at its body, and the headers of every answer."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from blog.models import Post

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


@pytest.mark.parametrize("address", ["/comments/new/1/", "/admin/login/", "/"])
def test_no_stranger_fills_the_disk_with_files(address: str, settings: Settings, own_post: Post) -> None:
    settings.REQUEST_MAX_BYTES = 10_000
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    assert client.post(address, {"f": SimpleUploadedFile("a", b"x" * 9_000)}).status_code != 413
    assert client.post(address, {"f": SimpleUploadedFile("a", b"x" * 20_000)}).status_code == 400


@pytest.mark.parametrize("address", ["/tags/x", "/admin", "/2025/11/own-post/", "/static/icons/icon.svg"])
def test_redirects_and_files_carry_the_security_headers(address: str, own_post: Post) -> None:
    answer = Client().get(address)
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Permissions-Policy"]

"""Log lines of refused requests, as the handler of the settings writes them."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from blog.models import Post
from config import urls
from config.logs import LineFormatter

FORM = "application/x-www-form-urlencoded"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the console handler of the settings writes during the test."""
    (handler,) = [one for one in logging.root.handlers if isinstance(one.formatter, LineFormatter)]
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    usual = handler.setStream(written)
    yield written
    handler.setStream(usual or written)


def lines(log: io.StringIO) -> list[str]:
    """The lines without their time."""
    return [line.split(" ", 2)[2] for line in log.getvalue().splitlines()]


@pytest.mark.parametrize("url", ["/comments/new/1/", "/comments/new/%0A1/"])
def test_a_body_that_is_too_long_is_one_line(
    url: str, log: io.StringIO, own_post: Post, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REQUEST_MAX_BYTES = 1000
    Client(headers=OWN_PAGE).post(url, b"x" * 2000, content_type=FORM)
    assert lines(log) == [f"ERROR django.security.RequestDataTooBig: The body is too long for this request. {url}"]
    assert [record.exc_info for record in caplog.records] == [None]


def test_fields_that_are_too_long_or_too_many_are_one_line(
    log: io.StringIO, own_post: Post, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    client, url = Client(headers=OWN_PAGE), f"/comments/new/{own_post.pk}/"
    client.post(url, b"x" * 2000, content_type=FORM)
    client.post(url, b"a=1&a=1&a=1", content_type=FORM)
    first, second = lines(log)
    assert first.startswith("ERROR django.security.RequestDataTooBig: Request body exceeded")
    assert second.startswith("ERROR django.security.TooManyFieldsSent: The number of GET/POST parameters")
    assert first.endswith(f" {url}")
    assert second.endswith(f" {url}")


def test_a_form_without_boundary_is_one_line(log: io.StringIO, own_post: Post) -> None:
    url = f"/comments/new/{own_post.pk}/"
    page = Client(headers=OWN_PAGE).generic("POST", url, b"x=1", content_type="multipart/form-data")
    assert page.status_code == 400
    assert lines(log) == [f"WARNING django.request: Bad request (Unable to parse request body): {url}"]


def test_a_missing_permission_is_one_line(log: io.StringIO, own_post: Post) -> None:
    client = Client()
    client.force_login(User.objects.create_user("helper", is_staff=True))
    assert client.get("/admin/blog/post/").status_code == 403
    assert lines(log) == ["WARNING django.request: Forbidden (Permission denied): /admin/blog/post/"]


def test_a_form_without_a_token_is_one_line(log: io.StringIO, own_post: Post) -> None:
    assert Client(enforce_csrf_checks=True).post("/admin/login/").status_code == 403
    assert lines(log) == ["WARNING django.security.csrf: Forbidden (CSRF cookie not set.): /admin/login/"]


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("A bug.")


urlpatterns = [*urls.urlpatterns, path("broken/", broken)]
handler500 = urls.handler500


@pytest.mark.urls(__name__)
def test_a_fault_of_ours_keeps_its_traceback(log: io.StringIO, own_post: Post) -> None:
    assert Client(raise_request_exception=False).get("/broken/").status_code == 500
    assert log.getvalue().count("Traceback") == 1
    assert "RuntimeError: A bug." in log.getvalue()

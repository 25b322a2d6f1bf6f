"""The cookie of a browser that has proved an email address."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from comments.models import Comment, Subscription
from comments.moderation import steps
from comments.posting import authorship, proven_email
from core import clock
from tests.comments.conftest import Say
from tests.comments.mailbox import REA, follow, with_address


def with_cookie(email: str) -> HttpResponse:
    response = HttpResponse()
    proven_email.set_cookie(response, email)
    return response


def proved_by(response: HttpResponse) -> str:
    request = RequestFactory().get("/comments/new/1/")
    request.COOKIES = {name: morsel.value for name, morsel in response.cookies.items()}
    return proven_email.read_cookie(request)


def test_the_cookie_is_limited_to_comment_pages_and_reveals_nothing(say: Say, settings: Settings) -> None:
    with_address(say(), proved=True)
    morsel = with_cookie(REA).cookies["address"]
    assert (morsel["path"], morsel["samesite"], morsel["max-age"]) == ("/comments/", "Lax", 365 * 24 * 3600)
    assert morsel["httponly"]
    assert not morsel["secure"]
    assert "rea" not in morsel.value
    settings.IS_HTTPS = True
    assert with_cookie(REA).cookies["address"]["secure"]


def test_a_confirmed_comment_or_subscription_proves_an_email(say: Say) -> None:
    comment = say()
    assert not with_cookie(REA).cookies
    with_address(comment)
    assert not with_cookie(REA).cookies
    subscription = follow(comment)
    response = with_cookie(REA)
    assert proved_by(response) == REA
    subscription.delete()
    assert proved_by(response) == ""
    with_address(comment, proved=True)
    assert proved_by(with_cookie(REA)) == REA


def test_an_erased_comment_proves_nothing(say: Say) -> None:
    comment = with_address(say(), proved=True)
    response = with_cookie(REA)
    assert proved_by(response) == REA
    steps.erase(comment)
    assert proved_by(response) == ""


@pytest.mark.parametrize("value", ["", "comment.1", "comment.1:x:y", "x" * 5000, "subscription.1:1abcde:zz", "é"])
@pytest.mark.django_db
def test_a_forged_cookie_proves_nothing(value: str) -> None:
    request: Any = RequestFactory().get("/")
    request.COOKIES = {"address": value}
    assert proven_email.read_cookie(request) == ""


def test_a_missing_cookie_makes_no_query() -> None:
    assert proven_email.read_cookie(RequestFactory().get("/")) == ""


def test_the_cookie_of_a_comment_proves_no_email(say: Say, client: Client) -> None:
    """Each cookie has a signature of its own."""
    comment = with_address(say(), proved=True)
    request: Any = RequestFactory().get("/")
    response = HttpResponse()
    authorship.set_own_comment_cookie(response, comment)
    request.COOKIES = {"address": response.cookies["mine"].value}
    assert proven_email.read_cookie(request) == ""


def test_the_cookie_is_deleted_on_its_path(say: Say) -> None:
    with_address(say(), proved=True)
    response = with_cookie(REA)
    proven_email.delete_cookie(response)
    assert (response.cookies["address"].value, response.cookies["address"]["path"]) == ("", "/comments/")
    assert Subscription.objects.count() == 0
    assert Comment.objects.get().email_confirmed_at <= clock.now()  # type: ignore[operator]

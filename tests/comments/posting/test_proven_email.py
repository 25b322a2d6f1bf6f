"""The cookie of a browser that has proved to read mail at an address."""

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
from tests.comments.postbox import REA, follow, with_address


def cookie_of(email: str) -> HttpResponse:
    response = HttpResponse()
    proven_email.give(response, email)
    return response


def proved_with(response: HttpResponse) -> str:
    request = RequestFactory().get("/comments/new/1/")
    request.COOKIES = {name: morsel.value for name, morsel in response.cookies.items()}
    return proven_email.proved(request)


def test_the_cookie_goes_to_the_comment_pages_and_says_nothing(say: Say, settings: Settings) -> None:
    with_address(say(), proved=True)
    morsel = cookie_of(REA).cookies["address"]
    assert (morsel["path"], morsel["samesite"], morsel["max-age"]) == ("/comments/", "Lax", 365 * 24 * 3600)
    assert morsel["httponly"]
    assert not morsel["secure"]
    assert "rea" not in morsel.value
    settings.IS_HTTPS = True
    assert cookie_of(REA).cookies["address"]["secure"]


def test_a_comment_or_a_subscription_that_was_confirmed_proves_an_address(say: Say) -> None:
    comment = say()
    assert not cookie_of(REA).cookies
    with_address(comment)
    assert not cookie_of(REA).cookies
    wish = follow(comment)
    response = cookie_of(REA)
    assert proved_with(response) == REA
    wish.delete()
    assert proved_with(response) == ""
    with_address(comment, proved=True)
    assert proved_with(cookie_of(REA)) == REA


def test_what_was_erased_proves_nothing_any_more(say: Say) -> None:
    comment = with_address(say(), proved=True)
    response = cookie_of(REA)
    assert proved_with(response) == REA
    steps.erase(comment)
    assert proved_with(response) == ""


@pytest.mark.parametrize("value", ["", "comment.1", "comment.1:x:y", "x" * 5000, "subscription.1:1abcde:zz", "é"])
@pytest.mark.django_db
def test_a_forged_cookie_proves_nothing(value: str) -> None:
    request: Any = RequestFactory().get("/")
    request.COOKIES = {"address": value}
    assert proven_email.proved(request) == ""


def test_no_cookie_asks_no_database() -> None:
    assert proven_email.proved(RequestFactory().get("/")) == ""


def test_the_cookie_of_a_comment_proves_no_address(say: Say, client: Client) -> None:
    """Each is signed for its own use."""
    comment = with_address(say(), proved=True)
    request: Any = RequestFactory().get("/")
    response = HttpResponse()
    authorship.give(response, comment)
    request.COOKIES = {"address": response.cookies["mine"].value}
    assert proven_email.proved(request) == ""


def test_taken_back_it_is_gone_where_it_was(say: Say) -> None:
    with_address(say(), proved=True)
    response = cookie_of(REA)
    proven_email.take_back(response)
    assert (response.cookies["address"].value, response.cookies["address"]["path"]) == ("", "/comments/")
    assert Subscription.objects.count() == 0
    assert Comment.objects.get().email_confirmed_at <= clock.now()  # type: ignore[operator]

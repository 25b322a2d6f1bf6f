"""Addresses: what is one, which are the same, and the cookie of a browser that has proved one."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from comments.models import Comment, Subscription
from comments.moderation import banning, steps
from core import clock
from core.mailing import email_addresses
from tests.comments.conftest import Say
from tests.comments.mailbox import REA, follow, with_address

BAD = [
    "",
    "rea",
    "rea@",
    "@reader.example",
    "%@%",
    "rea@reader.example, sam@reader.example",
    "rea@reader.example\r\nBcc: x@y.example",
    "rea@reader.example\nBcc:x@y.example",
    "a\r\nb@reader.example",
    "rea\x00@reader.example",
    '"a b"@reader.example',
    '"\x01"@reader.example',
    "Rea <rea@reader.example>",
    f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.example",
    "a" * 1_000_000 + "@reader.example",
]


def cookie_of(email: str) -> HttpResponse:
    response = HttpResponse()
    email_addresses.give(response, email)
    return response


def proved_with(response: HttpResponse) -> str:
    request = RequestFactory().get("/comments/new/1/")
    request.COOKIES = {name: morsel.value for name, morsel in response.cookies.items()}
    return email_addresses.proved(request)


@pytest.mark.parametrize("typed", BAD, ids=[repr(typed[:40]) for typed in BAD])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        email_addresses.checked(typed)


def test_what_is_one_is_kept_in_small_letters() -> None:
    assert email_addresses.checked("  Rea.Reader+Blog@Reader.Example ") == "rea.reader+blog@reader.example"
    assert email_addresses.checked("%@reader.example") == "%@reader.example"


def test_tags_and_capitals_make_no_other_mailbox() -> None:
    same = ["rea@reader.example", "Rea@Reader.Example", "rea+1@reader.example", "REA+a+b@reader.example"]
    assert len({email_addresses.canonical(email) for email in same}) == 1
    assert email_addresses.canonical("reb@reader.example") != email_addresses.canonical(REA)
    assert len({banning.email_key(email) for email in same}) == 1


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
    assert email_addresses.proved(request) == ""


def test_no_cookie_asks_no_database() -> None:
    assert email_addresses.proved(RequestFactory().get("/")) == ""


def test_the_cookie_of_a_comment_proves_no_address(say: Say, client: Client) -> None:
    """Each is signed for its own use."""
    comment = with_address(say(), proved=True)
    request: Any = RequestFactory().get("/")
    from comments.posting import authorship

    response = HttpResponse()
    authorship.set_own_comment_cookie(response, comment)
    request.COOKIES = {"address": response.cookies["mine"].value}
    assert email_addresses.proved(request) == ""


def test_taken_back_it_is_gone_where_it_was(say: Say) -> None:
    with_address(say(), proved=True)
    response = cookie_of(REA)
    email_addresses.take_back(response)
    assert (response.cookies["address"].value, response.cookies["address"]["path"]) == ("", "/comments/")
    assert Subscription.objects.count() == 0
    assert Comment.objects.get().email_confirmed_at <= clock.now()  # type: ignore[operator]


@pytest.mark.parametrize("domain", ["ｅxample.com", "ⓔxample.com", "EXAM\u00adPLE.com", "example.ｃom"])
def test_a_domain_is_kept_as_mail_is_sent_to_it(domain: str) -> None:
    """N3. Otherwise one mailbox had as many addresses, and limits, as there are ways to write its domain."""
    assert email_addresses.checked(f"rea@{domain}") == "rea@example.com"
    assert email_addresses.checked("rea@Bücher.example") == "rea@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "typed", ["an\u017f@reader.example", "rëa@reader.example", "rea@\u0660.example\u2024", "rea@é" * 20]
)
def test_letters_that_no_mailbox_has_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        email_addresses.checked(typed)

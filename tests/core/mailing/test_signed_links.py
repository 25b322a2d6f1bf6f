"""Tokens in emailed links: valid for one purpose and a limited time, and impossible to forge."""

import re
from datetime import datetime, timedelta

import pytest
from django.core import signing

from core import clock
from core.mailing import signed_links
from core.mailing.signed_links import Purpose

DAY = timedelta(days=1)
NONSENSE = ["", ".", "..", "x", "x" * 43, "a.b", "WzFd.x", "é" * 20, "\x00", "a\ud800b", "%2e%2e", "." * 5000]


def test_a_token_returns_its_numbers() -> None:
    assert signed_links.read(Purpose.CONFIRM, signed_links.create(Purpose.CONFIRM, [7, 2**53 - 1])) == [7, 2**53 - 1]
    assert signed_links.read(Purpose.ACCESS, signed_links.create(Purpose.ACCESS, [])) == []


def test_a_token_is_valid_for_its_purpose_only() -> None:
    for created in Purpose:
        token = signed_links.create(created, [7])
        assert [purpose for purpose in Purpose if signed_links.read(purpose, token)] == [created]


def test_a_token_needs_no_quoting_in_a_url() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", signed_links.create(Purpose.UNSUBSCRIBE, range(50)))


def test_a_token_expires_after_its_maximal_age(noon: datetime) -> None:
    token = signed_links.create(Purpose.CONFIRM, [7])
    with clock.standing_at(noon + DAY):
        assert signed_links.read(Purpose.CONFIRM, token, max_age=DAY) == [7]
    with clock.standing_at(noon + DAY + timedelta(seconds=1)):
        assert signed_links.read(Purpose.CONFIRM, token, max_age=DAY) is None
        assert signed_links.read(Purpose.CONFIRM, token) == [7]


def test_a_clock_that_was_set_back_invalidates_nothing(noon: datetime) -> None:
    token = signed_links.create(Purpose.CONFIRM, [7])
    with clock.standing_at(noon - timedelta(hours=1)):
        assert signed_links.read(Purpose.CONFIRM, token, max_age=DAY) == [7]


def test_a_changed_character_invalidates_a_token() -> None:
    token = signed_links.create(Purpose.ACCESS, [7])
    for index, character in enumerate(token[:-1]):  # the last character may contain unused bits
        forged = token[:index] + ("A" if character != "A" else "B") + token[index + 1 :]
        assert signed_links.read(Purpose.ACCESS, forged) is None, index


@pytest.mark.parametrize("token", NONSENSE)
def test_nonsense_is_invalid(token: str) -> None:
    for purpose in Purpose:
        assert signed_links.read(purpose, token) is None


def test_other_signatures_of_the_site_are_invalid() -> None:
    assert signed_links.read(Purpose.ACCESS, signing.dumps([0, 7])) is None
    assert signed_links.read(Purpose.ACCESS, signing.Signer(sep=".").sign_object([0, 7])) is None

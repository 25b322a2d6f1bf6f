"""Tokens in mailed links: good for one purpose, for their time, and not to be forged."""

import re
from datetime import datetime, timedelta

import pytest
from django.core import signing

from core import clock
from core.mailing import signed_links
from core.mailing.signed_links import Purpose

DAY = timedelta(days=1)
NONSENSE = ["", ".", "..", "x", "x" * 43, "a.b", "WzFd.x", "é" * 20, "\x00", "a\ud800b", "%2e%2e", "." * 5000]


def test_a_token_gives_back_what_was_minted() -> None:
    assert signed_links.read(Purpose.CONFIRM, signed_links.mint(Purpose.CONFIRM, [7, 2**53 - 1])) == [7, 2**53 - 1]
    assert signed_links.read(Purpose.ACCESS, signed_links.mint(Purpose.ACCESS, [])) == []


def test_no_purpose_opens_what_was_minted_for_another() -> None:
    for minted in Purpose:
        token = signed_links.mint(minted, [7])
        assert [purpose for purpose in Purpose if signed_links.read(purpose, token)] == [minted]


def test_it_stands_in_an_address_as_it_is() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", signed_links.mint(Purpose.UNSUBSCRIBE, range(50)))


def test_it_lasts_to_the_end_of_its_time_by_our_clock(noon: datetime) -> None:
    token = signed_links.mint(Purpose.CONFIRM, [7])
    with clock.standing_at(noon + DAY):
        assert signed_links.read(Purpose.CONFIRM, token, max_age=DAY) == [7]
    with clock.standing_at(noon + DAY + timedelta(seconds=1)):
        assert signed_links.read(Purpose.CONFIRM, token, max_age=DAY) is None
        assert signed_links.read(Purpose.CONFIRM, token) == [7]


def test_a_clock_that_was_set_back_closes_nothing(noon: datetime) -> None:
    token = signed_links.mint(Purpose.CONFIRM, [7])
    with clock.standing_at(noon - timedelta(hours=1)):
        assert signed_links.read(Purpose.CONFIRM, token, max_age=DAY) == [7]


def test_one_changed_character_makes_it_nothing() -> None:
    token = signed_links.mint(Purpose.ACCESS, [7])
    for place, sign in enumerate(token[:-1]):  # the last one may hold bits that nobody reads
        forged = token[:place] + ("A" if sign != "A" else "B") + token[place + 1 :]
        assert signed_links.read(Purpose.ACCESS, forged) is None, place


@pytest.mark.parametrize("token", NONSENSE)
def test_nonsense_is_nothing(token: str) -> None:
    for purpose in Purpose:
        assert signed_links.read(purpose, token) is None


def test_what_another_part_of_the_site_signed_is_nothing() -> None:
    assert signed_links.read(Purpose.ACCESS, signing.dumps([0, 7])) is None
    assert signed_links.read(Purpose.ACCESS, signing.Signer(sep=".").sign_object([0, 7])) is None

"""Addresses: what is one, and which are the same."""

import pytest
from django.core.exceptions import ValidationError

from comments.moderation import banning
from core.mailing import email_addresses
from tests.comments.postbox import REA

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

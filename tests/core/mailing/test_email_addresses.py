"""Validating and normalizing email addresses, and recognizing those of one mailbox."""

import pytest
from django.core.exceptions import ValidationError

from comments.moderation import banning
from core.mailing import email_addresses
from tests.comments.mailbox import REA

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
def test_an_invalid_email_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        email_addresses.clean(typed)


def test_a_valid_email_is_lowercased() -> None:
    assert email_addresses.clean("  Rea.Reader+Blog@Reader.Example ") == "rea.reader+blog@reader.example"
    assert email_addresses.clean("%@reader.example") == "%@reader.example"


def test_tags_and_case_do_not_make_another_mailbox() -> None:
    same = ["rea@reader.example", "Rea@Reader.Example", "rea+1@reader.example", "REA+a+b@reader.example"]
    assert len({email_addresses.canonical(email) for email in same}) == 1
    assert email_addresses.canonical("reb@reader.example") != email_addresses.canonical(REA)
    assert len({banning.email_key(email) for email in same}) == 1


@pytest.mark.parametrize("domain", ["ｅxample.com", "ⓔxample.com", "EXAM\u00adPLE.com", "example.ｃom"])
def test_a_domain_is_converted_to_ascii(domain: str) -> None:
    """N3: otherwise every spelling of its domain would give a mailbox limits of its own."""
    assert email_addresses.clean(f"rea@{domain}") == "rea@example.com"
    assert email_addresses.clean("rea@Bücher.example") == "rea@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "typed", ["an\u017f@reader.example", "rëa@reader.example", "rea@\u0660.example\u2024", "rea@é" * 20]
)
def test_characters_that_no_mailbox_has_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        email_addresses.clean(typed)

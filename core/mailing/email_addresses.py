"""Email addresses: validation, normalization, and which of them belong to one mailbox."""

from contextlib import suppress

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 254  # characters; mail servers accept no longer ones

INVALID = _("This is not a valid e-mail address. Please check it.")
_validate = EmailValidator(message=INVALID)


def clean(typed: str) -> str:
    """Validate an email address that somebody typed and return it normalized. Raises ValidationError if it is invalid.

    Quoted local parts ("a b"@example.org) are refused: nobody uses them, but attackers hide odd characters in them. The
    domain is converted to its ASCII form, or full-width letters would make one mailbox look like many.
    """
    email = normalize(typed)
    local, _at, domain = email.rpartition("@")
    if len(email) > MAX_LENGTH or '"' in email or not local.isascii():
        raise ValidationError(INVALID)
    with suppress(UnicodeError):  # the validator refuses what has no ASCII form
        email = f"{local}@{domain.encode('idna').decode('ascii').lower()}"
    if len(email) > MAX_LENGTH or not email.isascii():
        raise ValidationError(INVALID)
    _validate(email)
    return email


def normalize(email: str) -> str:
    """Convert to lower case. No mail server distinguishes case, so all stored email addresses are written alike."""
    return email.strip().lower()


def canonical(email: str) -> str:
    """Return the same value for all email addresses of one mailbox: they differ only in a "+tag" or in case."""
    local, _at, domain = email.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"

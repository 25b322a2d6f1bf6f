"""E-mail addresses: how one is written here, and which ones are one person's."""

from contextlib import suppress

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

LONGEST = 254  # characters; no mail server takes a longer one

NO_ADDRESS = _("This is no e-mail address: please look at it again.")
_validate = EmailValidator(message=NO_ADDRESS)


def checked(typed: str) -> str:
    """What somebody typed, as it is stored. Raises ValidationError for what is no address.

    Quoted ones ("a b"@example.org) are lawful and nobody has one: they are the place where odd characters hide.
    The domain is written as mail is sent to it, or every wide letter in it would make a new address of one mailbox.
    """
    email = tidy(typed)
    local, _at, domain = email.rpartition("@")
    if len(email) > LONGEST or '"' in email or not local.isascii():
        raise ValidationError(NO_ADDRESS)
    with suppress(UnicodeError):  # what cannot be written so, the validator refuses
        email = f"{local}@{domain.encode('idna').decode('ascii').lower()}"
    if len(email) > LONGEST or not email.isascii():
        raise ValidationError(NO_ADDRESS)
    _validate(email)
    return email


def tidy(email: str) -> str:
    """In small letters. No mail server tells addresses apart by their case, so all that we keep is written alike."""
    return email.strip().lower()


def canonical(email: str) -> str:
    """The same for addresses that lead into one mailbox: those that only a "+tag" or capital letters tell apart."""
    local, _at, domain = email.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"

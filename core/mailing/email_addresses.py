"""E-mail addresses: how one is written here, which ones are one person's, and which one a browser has proved to read.

The proof is kept in a signed cookie. It is sent only to the addresses under which comments are written, and says
nothing by itself: it names a row that holds the address, and once that row is erased it proves nothing any more.
"""

from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, CommentQuerySet, Subscription

COOKIE = "address"
LIFETIME = timedelta(days=365)
PATH = "/comments/"
SALT = "core.mailing.email_addresses"
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


def give(response: HttpResponse, email: str) -> None:
    """Let the browser that gets `response` write and subscribe with an address that was confirmed, without a mail."""
    proof = _proof_of(email)
    if proof:
        response.set_signed_cookie(
            COOKIE,
            proof,
            salt=SALT,
            max_age=LIFETIME,
            path=PATH,
            secure=settings.IS_HTTPS,
            httponly=True,
            samesite="Lax",
        )


def proved(request: HttpRequest) -> str:
    """The address that this browser has proved to read mail at; empty where it has proved none.

    Only for a request that was shown to come from our own page: it reads a cookie. Without one it asks no database.
    """
    cookie = request.get_signed_cookie(COOKIE, "", salt=SALT, max_age=LIFETIME) or ""
    kind, _dot, number = cookie.partition(".")
    if kind == "comment":
        return _confirmed_comments().filter(pk=number).values_list("email", flat=True).first() or ""
    if kind == "subscription":
        return Subscription.objects.confirmed().filter(pk=number).values_list("email", flat=True).first() or ""
    return ""


def take_back(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")


def _proof_of(email: str) -> str:
    """The latest row that holds it. A comment outlives a subscription, which goes when its mails are stopped."""
    comment = _confirmed_comments().filter(email=email).order_by("pk").values_list("pk", flat=True).last()
    if comment:
        return f"comment.{comment}"
    wish = Subscription.objects.confirmed().filter(email=email).order_by("pk").values_list("pk", flat=True).last()
    return f"subscription.{wish}" if wish else ""


def _confirmed_comments() -> CommentQuerySet:
    return Comment.objects.filter(email_confirmed_at__isnull=False).exclude(email="")

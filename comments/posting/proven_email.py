"""The email address that a browser has proved to read mail at.

The proof is a signed cookie. Browsers send it only to the paths under which comments are written. It says nothing by
itself: it names a row that holds the address, and once that row is erased, it proves nothing any more.
"""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from comments.models import Comment, CommentQuerySet, Subscription

COOKIE = "address"
LIFETIME = timedelta(days=365)
PATH = "/comments/"
SALT = "comments.posting.proven_email"


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

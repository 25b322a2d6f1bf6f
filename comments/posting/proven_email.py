"""The e-mail address that a browser has proved to read mail at.

The proof is a signed cookie. Browsers send it only to the paths under which comments are written. It does not hold the
e-mail address: it names a row that does, and once that row is erased, the cookie proves nothing any more.
"""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from comments.models import Comment, CommentQuerySet, Subscription

COOKIE = "address"
LIFETIME = timedelta(days=365)
PATH = "/comments/"
SALT = "comments.posting.proven_email"


def set_cookie(response: HttpResponse, email: str) -> None:
    """Let the browser that gets `response` use a confirmed e-mail address without another confirmation message."""
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
    """Return the e-mail address that this browser has proved to read mail at; empty if there is none.

    Call it only for a request that was proved to come from our own page, because it reads a cookie. A request without
    the cookie needs no query.
    """
    cookie = request.get_signed_cookie(COOKIE, "", salt=SALT, max_age=LIFETIME) or ""
    kind, _dot, pk = cookie.partition(".")
    if kind == "comment":
        return _confirmed_comments().filter(pk=pk).values_list("email", flat=True).first() or ""
    if kind == "subscription":
        return Subscription.objects.confirmed().filter(pk=pk).values_list("email", flat=True).first() or ""
    return ""


def delete_cookie(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")


def _proof_of(email: str) -> str:
    """Return the name of the latest row that holds the e-mail address.

    A comment is preferred, because a subscription is deleted when it ends.
    """
    comment = _confirmed_comments().filter(email=email).order_by("pk").values_list("pk", flat=True).last()
    if comment:
        return f"comment.{comment}"
    subscription = (
        Subscription.objects.confirmed().filter(email=email).order_by("pk").values_list("pk", flat=True).last()
    )
    return f"subscription.{subscription}" if subscription else ""


def _confirmed_comments() -> CommentQuerySet:
    return Comment.objects.filter(email_confirmed_at__isnull=False).exclude(email="")

"""The email address that a browser has proved to be its user's.

The proof is a signed cookie, which browsers send only to the paths where comments are written. It reveals nothing: it
names a row that holds the email address. Once that row is erased, the cookie proves nothing any more.
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
    """Let the browser comment and subscribe with a confirmed email address without another confirmation message."""
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


def read_cookie(request: HttpRequest) -> str:
    """Return the email address that this browser has proved, or "" if there is none.

    Call it only for requests that are known to come from our own pages, because it relies on a cookie. Without the
    cookie it makes no query.
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
    """Name the latest row that holds the email address. Prefer comments: subscriptions are deleted when they end."""
    comment = _confirmed_comments().filter(email=email).order_by("pk").values_list("pk", flat=True).last()
    if comment:
        return f"comment.{comment}"
    subscription = Subscription.objects.confirmed().filter(email=email).order_by("pk")
    pk = subscription.values_list("pk", flat=True).last()
    return f"subscription.{pk}" if pk else ""


def _confirmed_comments() -> CommentQuerySet:
    return Comment.objects.filter(email_confirmed_at__isnull=False).exclude(email="")

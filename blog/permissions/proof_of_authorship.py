"""Proof that a commenter is the author of reposted words: only the link that was e-mailed to the author gives it.

The proof is a signed cookie, which browsers send only to the comment pages. The cookie alone is not enough: each use
checks that the permission still supports it.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse

from blog.models import Credit, PermissionRequest, Person, Repost

LIFETIME = timedelta(days=365)
PATH = "/comments/"
SALT = "blog.permissions.proof_of_authorship"


def set_cookie(response: HttpResponse, permission_request: PermissionRequest) -> None:
    """Let the browser comment on the post as the author who answered `permission_request`."""
    response.set_signed_cookie(
        _cookie_name(permission_request.repost.post_id),
        str(permission_request.pk),
        salt=SALT,
        max_age=LIFETIME,
        path=PATH,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def proven_author(request: HttpRequest, post_id: int) -> Person | None:
    """Return the author of the reposted words in a post, if this browser holds a proof that is still valid.

    Call it only for a request that is known to come from our own page, because it reads a cookie. Without the cookie
    it makes no query.
    """
    pk = request.get_signed_cookie(_cookie_name(post_id), "", salt=SALT, max_age=LIFETIME)
    if not pk:
        return None
    answered = PermissionRequest.objects.select_related("person").filter(
        pk=pk, repost__post=post_id, answer=PermissionRequest.Answer.YES, answered_at__isnull=False
    )
    found = answered.first()
    if found is None or found.answered_at is None:
        return None
    credits = proven_credits(post=post_id, person=found.person_id, since=found.answered_at)
    return found.person if credits.exists() else None


def proven_credits(
    *, post: int | Combinable, person: int | Combinable, since: datetime | Combinable
) -> QuerySet[Credit]:
    """The credit that entitles `person` to the badge “original author” in `post`; empty if nothing does now.

    `since` is the moment of the proof, or any later one. All three may be expressions of an outer query.
    """
    is_theirs = Q(post=post, person=person, role=Credit.Role.AUTHOR)
    is_confirmed = Q(post__repost__state__in=Repost.STATES_CONFIRMED, post__repost__is_disputed=False)
    is_later = Q(post__repost__claims_ended_at=None) | Q(post__repost__claims_ended_at__lt=since)
    return Credit.objects.filter(is_theirs & is_confirmed & is_later)


def _cookie_name(post_id: int) -> str:
    """Each post has its own cookie, because one author may have words in several posts."""
    return f"claim-{post_id}"

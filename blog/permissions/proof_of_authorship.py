"""Who has proved to be the author of reposted words: by the link that was mailed to them, and by nothing else.

The proof is kept in a signed cookie. It is sent only to the addresses under which comments are written, and says
nothing by itself: every time it is used, the permission is asked whether the proof still stands.
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
PROVEN_STATES = (Repost.State.CONFIRMED, Repost.State.STALE)


def give(response: HttpResponse, request_row: PermissionRequest) -> None:
    """Let the browser that gets `response` comment under the post as the author who answered `request_row`."""
    response.set_signed_cookie(
        _cookie(request_row.repost.post_id),
        str(request_row.pk),
        salt=SALT,
        max_age=LIFETIME,
        path=PATH,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def claimant(request: HttpRequest, post_id: int) -> Person | None:
    """The author of the words in a post, if this browser holds the proof and it still stands.

    Only for a request that was shown to come from our own page: it reads a cookie. Without one it asks no database.
    """
    number = request.get_signed_cookie(_cookie(post_id), "", salt=SALT, max_age=LIFETIME)
    if not number:
        return None
    answered = PermissionRequest.objects.select_related("person").filter(
        pk=number, repost__post=post_id, answer=PermissionRequest.Answer.YES, answered_at__isnull=False
    )
    found = answered.first()
    if found and found.answered_at and standing(post=post_id, person=found.person_id, since=found.answered_at).exists():
        return found.person
    return None


def standing(*, post: int | Combinable, person: int | Combinable, since: datetime | Combinable) -> QuerySet[Credit]:
    """The credit by which `person` may be called the original author in `post`; none where that cannot be said now.

    `since` is the moment of the proof, or any later one. All three may be expressions of an outer query.
    """
    is_theirs = Q(post=post, person=person, role=Credit.Role.AUTHOR)
    is_confirmed = Q(post__repost__state__in=PROVEN_STATES, post__repost__is_disputed=False)
    is_later = Q(post__repost__claims_ended_at=None) | Q(post__repost__claims_ended_at__lt=since)
    return Credit.objects.filter(is_theirs & is_confirmed & is_later)


def _cookie(post_id: int) -> str:
    """One for each post: an author may have words in several."""
    return f"claim-{post_id}"

"""Who wrote a comment: what its sender has proved, the badge this gives, and how the writer's browser comes back to it.

Cookies and sessions are read here only, and only for requests that have proved to come from our own pages or that went
to the writer's own page.
"""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import BigIntegerField, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from blog.models import Credit, Person, Post
from blog.permissions import proof_of_authorship
from comments.models import Comment
from comments.posting import proven_email
from comments.threads import ids
from core.compiled_queries import Given, Prepared, number_of_row
from core.privacy.networks import network_keys
from core.urls import path_to

Badge = Comment.Badge

COOKIE = "mine"
LIFETIME = timedelta(days=365)
# Cyrillic and Greek letters that look like Latin ones in lower case, and what looks like an l or an o.
_LOOK_ALIKES = str.maketrans("авекмнорстухѕјԁһӏіαεικνορτυχıi10", "abekmhopctyxsjdhllaelkvoptuxlllo")


@dataclass(frozen=True)
class Writer:
    """The sender of a comment, as far as it is proved: nothing is, of a stranger."""

    network_keys: tuple[bytes, ...] = ()  # the names of the sender's network, the one that is kept first
    person: Person | None = None
    user: User | None = None
    badge: str = Badge.NONE
    proved_email: str = ""
    is_imitation: bool = False  # signed with a name that looks like that of somebody who belongs here

    @property
    def network_key(self) -> bytes | None:
        return self.network_keys[0] if self.network_keys else None


def writer(request: HttpRequest, *, post_id: int, name: str) -> Writer:
    """Who sends a comment under the post. Only for a request that was shown to come from our own page.

    Whoever signs with a name that looks like that of another who could have a badge gets none.
    """
    keys = tuple(network_keys(request))
    person = proof_of_authorship.claimant(request, post_id)
    user = _user(request)
    badge = _badge(user, post_id) if user else Badge.NONE
    signed = name[: 2 * Comment.NAME_LENGTH]  # a longer one is refused anyway, and would take long to look at
    email = proven_email.proved(request)
    if _is_anothers(signed, post_id, person, user):
        return Writer(keys, proved_email=email, is_imitation=True)
    return Writer(keys, person, user if badge else None, badge, email)


def _user(request: HttpRequest) -> User | None:
    """Who is signed in. Nobody, where the browser sends no cookie of a session: that is known without asking."""
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return request.user if has_session and isinstance(request.user, User) else None


def _badge(user: User, post_id: int) -> Badge:
    if Post.objects.filter(pk=post_id, author__user=user).exists():
        return Badge.HOST
    return Badge.MODERATOR if user.has_perm("comments.change_comment") else Badge.NONE


def _is_anothers(name: str, post_id: int, person: Person | None, user: User | None) -> bool:
    """Whether the name looks like somebody else's who has an account or whose words are in the post."""
    look = looks(name)
    namesakes = [other for other in _NOTABLE(post=number_of_row(post_id)) if looks(other[2]) == look]
    is_own = any((person and pk == person.pk) or (user and login == user.pk) for pk, login, _name in namesakes)
    return bool(namesakes) and not is_own


def _notable() -> QuerySet[Person, tuple[int, int | None, str]]:
    post = Given("post", BigIntegerField())
    credited = Credit.objects.order_by().filter(post=post).values("person")
    host = Post.objects.order_by().filter(pk=post).values("author")
    people = Person.objects.filter(Q(user__isnull=False) | Q(pk__in=credited) | Q(pk__in=host))
    return people.order_by().values_list("pk", "user", "name")


_NOTABLE = Prepared(_notable)


@lru_cache(maxsize=1000)
def looks(name: str) -> str:
    """What the eye takes from a name: equal for two that can be mistaken for each other. Kept, because with each
    comment all are looked at that belong to the blog.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    return "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LN").translate(_LOOK_ALIKES)


# --- The writer's browser -------------------------------------------------------------------------------------------


def address(comment: Comment) -> str:
    """Of the page that only the writer sees."""
    return path_to("own-comment", 0).replace(ids.encode(0), comment.public_id)  # every comment has its own, once


def give(response: HttpResponse, comment: Comment) -> None:
    """Let the browser that gets `response` come back to `comment` as its writer. No other address gets the cookie."""
    response.set_signed_cookie(
        COOKIE,
        comment.public_id,
        salt=_salt(comment.pk),
        max_age=LIFETIME,
        path=address(comment),
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def own_comment(request: HttpRequest, number: int) -> Comment:
    """The comment, for the browser in which it was written; for everybody else there is no such page: Http404."""
    if not request.get_signed_cookie(COOKIE, "", salt=_salt(number), max_age=LIFETIME):
        raise Http404
    comments = Comment.objects.with_badges().select_related("discussion__post__blog__owner")
    found = comments.filter(pk=number).exclude(state=Comment.State.ERASED).first()
    if found is None:
        raise Http404
    return found


def _salt(number: int) -> str:
    return f"comments.views.own_comments.{ids.encode(number)}"

"""Identify who sends a comment, choose the badge, and recognise the commenter's browser when it comes back.

Cookies and sessions are read only here, and only for requests that were proved to come from our own pages or that go to
the commenter's own page.
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
# Cyrillic and Greek letters that look like Latin ones in lower case, and characters that look like an l or an o.
_CONFUSABLES = str.maketrans("авекмнорстухѕјԁһӏіαεικνορτυχıi10", "abekmhopctyxsjdhllaelkvoptuxlllo")


@dataclass(frozen=True)
class Commenter:
    """The sender of a comment, as far as it is proved. Nothing is proved about an anonymous one."""

    network_keys: tuple[bytes, ...] = ()  # keyed hashes of the sender's network; the first one is stored
    person: Person | None = None
    user: User | None = None
    badge: str = Badge.NONE
    proved_email: str = ""
    is_imitation: bool = False  # signed with a name that looks like that of somebody who belongs to the blog

    @property
    def network_key(self) -> bytes | None:
        return self.network_keys[0] if self.network_keys else None


def identify(request: HttpRequest, *, post_id: int, name: str) -> Commenter:
    """Return who sends a comment on the post. Call it only for a request that was proved to come from our own page.

    A commenter who signs with a name that looks like the name of somebody else with a badge gets no badge.
    """
    keys = tuple(network_keys(request))
    person = proof_of_authorship.proven_author(request, post_id)
    user = _user(request)
    badge = _badge(user, post_id) if user else Badge.NONE
    signed = name[: 2 * Comment.NAME_LENGTH]  # a longer name is refused anyway, and would take long to compare
    email = proven_email.read_cookie(request)
    if _is_name_of_another(signed, post_id, person, user):
        return Commenter(keys, proved_email=email, is_imitation=True)
    return Commenter(keys, person, user if badge else None, badge, email)


def _user(request: HttpRequest) -> User | None:
    """Return the signed-in user, or None. A request without a session cookie costs no query."""
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return request.user if has_session and isinstance(request.user, User) else None


def _badge(user: User, post_id: int) -> Badge:
    if Post.objects.filter(pk=post_id, author__user=user).exists():
        return Badge.HOST
    return Badge.MODERATOR if user.has_perm("comments.change_comment") else Badge.NONE


def _is_name_of_another(name: str, post_id: int, person: Person | None, user: User | None) -> bool:
    """Whether the name looks like that of somebody else who has an account, is credited in the post, or is its host."""
    skeleton = confusable_skeleton(name)
    protected = _PROTECTED_NAMES(post=number_of_row(post_id))
    namesakes = [other for other in protected if confusable_skeleton(other[2]) == skeleton]
    is_own = any((person and pk == person.pk) or (user and user_id == user.pk) for pk, user_id, _name in namesakes)
    return bool(namesakes) and not is_own


def _protected_names() -> QuerySet[Person, tuple[int, int | None, str]]:
    post = Given("post", BigIntegerField())
    credited = Credit.objects.order_by().filter(post=post).values("person")
    host = Post.objects.order_by().filter(pk=post).values("author")
    people = Person.objects.filter(Q(user__isnull=False) | Q(pk__in=credited) | Q(pk__in=host))
    return people.order_by().values_list("pk", "user", "name")


_PROTECTED_NAMES = Prepared(_protected_names)


@lru_cache(maxsize=1000)
def confusable_skeleton(name: str) -> str:
    """Reduce a name to what the eye sees: two names that can be mistaken for each other give the same result.

    Cached, because each comment is compared with the names of all people who belong to the blog.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    letters = (character for character in folded if unicodedata.category(character)[0] in "LN")
    return "".join(letters).translate(_CONFUSABLES)


# --- The commenter's browser ----------------------------------------------------------------------------------------


def own_comment_path(comment: Comment) -> str:
    """The path of the page that only the commenter can open."""
    # `path_to` caches each path. This one is used once per comment, so only the path of id 0 is cached.
    return path_to("own-comment", 0).replace(ids.encode(0), comment.public_id)


def set_own_comment_cookie(response: HttpResponse, comment: Comment) -> None:
    """Let the browser that gets `response` open the commenter's page of `comment`. No other path gets the cookie."""
    response.set_signed_cookie(
        COOKIE,
        comment.public_id,
        salt=_salt(comment.pk),
        max_age=LIFETIME,
        path=own_comment_path(comment),
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def get_own_comment_or_404(request: HttpRequest, pk: int) -> Comment:
    """Return the comment for the browser that wrote it. Raises Http404 for everybody else."""
    if not request.get_signed_cookie(COOKIE, "", salt=_salt(pk), max_age=LIFETIME):
        raise Http404
    comments = Comment.objects.with_badges().select_related("discussion__post__blog__owner")
    comment = comments.filter(pk=pk).exclude(state=Comment.State.ERASED).first()
    if comment is None:
        raise Http404
    return comment


def _salt(pk: int) -> str:
    return f"comments.views.own_comments.{ids.encode(pk)}"

"""Requests for permission: e-mail the author of reposted words, and record the answer given through the link.

The link is created while the e-mail is sent, and only its digest is stored: nobody but the addressee ever sees it.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from blog import rendering
from blog.models import AuthorLink, Credit, PermissionEvent, PermissionRequest, Person, Repost, Wording
from blog.permissions import steps
from core import clock
from core.mailing import sending
from core.tasks import queue

LINK_LIFETIME = timedelta(days=30)
MAX_REQUESTS_PER_DAY = 3  # for one repost: more would pester the author, and mail servers would take it for spam
DAY = timedelta(days=1)

Answer = PermissionRequest.Answer
Kind = PermissionEvent.Kind
State = Repost.State

REFUSALS = (Kind.DECLINED, Kind.DISOWNED, Kind.REVOKED)


class RequestNotAllowed(Exception):
    """The author cannot be asked now. The message is a sentence for the host."""


class ActionNotAllowed(Exception):
    """The link does not, or no longer, allow this action."""


# --- The host asks --------------------------------------------------------------------------------------------------


@transaction.atomic
def ask(repost: Repost, *, by: str) -> PermissionRequest:
    """Ask the author for permission for the words as they stand now. The e-mail is sent after the commit.

    Nothing public changes. `by` is the name of the host. Raises RequestNotAllowed.
    """
    Repost.objects.select_for_update().get(pk=repost.pk)  # of two simultaneous clicks, the second sees the first
    if repost.post.is_gone:
        raise RequestNotAllowed(_("The post is withdrawn. Publish it again before you ask."))
    _check_daily_limit(repost)
    author = author_to_ask(repost)
    permission_request = PermissionRequest.objects.create(
        repost=repost, person=author, email=author.contact_email, wording=Wording.objects.of(repost)
    )
    steps.record_request(repost, by=by)
    queue.enqueue("send-request", str(permission_request.pk))
    return permission_request


def _check_daily_limit(repost: Repost) -> None:
    if repost.requests.filter(asked_at__gt=clock.now() - DAY).count() >= MAX_REQUESTS_PER_DAY:
        raise RequestNotAllowed(
            _("The author has been asked three times within a day. Wait until tomorrow before you ask again.")
        )


def author_to_ask(repost: Repost) -> Person:
    """Return the first author whose e-mail address is known. Raises RequestNotAllowed if there is none."""
    authors = [credit.person for credit in _author_credits(repost).select_related("person")]
    if not authors:
        raise RequestNotAllowed(_("Nobody is named as author yet. Add the author under “Credits”, then ask."))
    for author in authors:
        if author.contact_email:
            return author
    raise RequestNotAllowed(_("The author's e-mail address is not known. Enter it on the author's own page, then ask."))


def _author_credits(repost: Repost) -> QuerySet[Credit]:
    return repost.post.credits.filter(role=Credit.Role.AUTHOR)


def send(permission_request: PermissionRequest) -> None:
    """E-mail the request with a new link, unless it was sent already or can no longer be answered.

    The link is stored before the e-mail is sent. If sending is repeated, the earlier link stays valid, too.
    """
    if permission_request.sent_at or not may_be_answered(permission_request):
        return
    post = permission_request.repost.post
    context = {
        "permission_request": permission_request,
        "post": post,
        "blog": post.blog,
        "host": post.author.name,
        "words": sending.quote(rendering.plain_text(permission_request.wording.html)),
        "link": f"{post.blog.base_url}{reverse('author-page', args=[_create_link(permission_request)])}",
        "days": LINK_LIFETIME.days,
    }
    sending.send(
        "permission_request",
        context,
        to=permission_request.email,
        site=post.blog,
        language=post.language,
        reply_to=post.host_email,
    )
    permission_request.sent_at = clock.now()
    permission_request.save(update_fields=["sent_at"])


def _create_link(permission_request: PermissionRequest) -> str:
    """Store a new link and return its token."""
    token = secrets.token_urlsafe(32)
    expires_at = clock.now() + LINK_LIFETIME
    AuthorLink.objects.create(request=permission_request, digest=_digest(token), expires_at=expires_at)
    return token


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- The author opens the link --------------------------------------------------------------------------------------


def find_by_token(token: str) -> PermissionRequest | None:
    """Return the request that was e-mailed with this link. A link expires unless its request was answered with yes."""
    is_valid = Q(expires_at__gt=clock.now()) | Q(request__answer=Answer.YES)
    link = AuthorLink.objects.filter(is_valid, digest=_digest(token)).first()
    return _with_related().get(pk=link.request_id) if link else None


def may_be_answered(permission_request: PermissionRequest) -> bool:
    """Whether the request has no answer yet, and nothing has happened since that overtakes it."""
    return (
        not permission_request.answer
        and _is_addressed_to_author(permission_request)
        and not _is_overtaken(permission_request)
    )


def opens_author_page(permission_request: PermissionRequest) -> bool:
    """Whether the link now opens the author's own page: the latest yes came from its e-mail address."""
    last_yes = permission_request.repost.requests.filter(answer=Answer.YES).order_by("answered_at", "pk").last()
    is_yes = permission_request.answer == Answer.YES
    return bool(is_yes and last_yes and last_yes.email.lower() == permission_request.email.lower())


def basis_digest(repost: Repost) -> str:
    """A digest of what a yes means beside the words: the basis, which says if a yes can be revoked, and the credit."""
    names = [credit.person.name for credit in _author_credits(repost).select_related("person")]
    return _digest("\n".join([repost.basis, repost.licence_url, *names]))


def may_end(permission_request: PermissionRequest) -> bool:
    """Whether the author can still revoke the permission or, if the basis rules that out, ask the host to end it."""
    repost = permission_request.repost
    if repost.may_be_revoked:
        return repost.state in steps.MOVES[Kind.REVOKED][0]
    return repost.state in steps.MOVES[Kind.REVOCATION_ASKED][0] and not has_asked_for_end(repost)


def has_asked_for_end(repost: Repost) -> bool:
    """Whether the author has asked for an end since their last yes."""
    confirmed = repost.events.filter(kind=Kind.CONFIRMED).last()
    since = confirmed.number if confirmed else 0
    return repost.events.filter(kind=Kind.REVOCATION_ASKED, number__gt=since).exists()


def _is_addressed_to_author(permission_request: PermissionRequest) -> bool:
    """Whether the post still exists and still credits this person, at this e-mail address, as author."""
    credits = _author_credits(permission_request.repost).filter(
        person=permission_request.person_id, person__contact_email__iexact=permission_request.email
    )
    return credits.exists() and not permission_request.repost.post.is_gone


def _is_overtaken(permission_request: PermissionRequest) -> bool:
    """Whether something newer than the request stands against it.

    An answer to an old request must not revive what the author has since ended or answered, or the host withdrawn.
    """
    repost, asked_at = permission_request.repost, permission_request.asked_at
    if repost.state == State.WITHDRAWN and repost.state_since and repost.state_since >= asked_at:
        return True
    if repost.events.filter(kind__in=REFUSALS, at__gte=asked_at).exists():
        return True
    return repost.requests.filter(email__iexact=permission_request.email, answered_at__gte=asked_at).exists()


# --- The author answers ---------------------------------------------------------------------------------------------


@transaction.atomic
def answer(
    permission_request: PermissionRequest,
    choice: Answer,
    *,
    conditions: Mapping[str, Any] | None = None,
    shown_basis: str = "",
) -> None:
    """Record the author's answer and notify the host. The same answer given twice counts once.

    `conditions` come with a yes; see `Repost.CONDITIONS`. `shown_basis` is the `basis_digest` of the page that the
    author answered, or empty. Raises ActionNotAllowed if the request cannot be answered, or the basis has changed.
    """
    permission_request = _locked(permission_request)
    repost = permission_request.repost
    if permission_request.answer == choice:
        return
    if not may_be_answered(permission_request) or shown_basis not in ("", basis_digest(repost)):
        raise ActionNotAllowed
    if choice == Answer.YES:
        wording, domain = permission_request.wording, permission_request.domain
        steps.confirm(repost, wording=wording, domain=domain, conditions=conditions or {})
    elif repost.state != State.REVOKED:  # what the author has ended stays ended: a no adds nothing to it
        steps.decline(repost) if choice == Answer.NO else steps.disown(repost)
    permission_request.answer, permission_request.answered_at = choice, clock.now()
    permission_request.save(update_fields=["answer", "answered_at"])
    _notify_host(permission_request, choice)


@transaction.atomic
def end_permission(permission_request: PermissionRequest, *, note: str = "") -> None:
    """Revoke the permission or, if the basis rules that out, record that the author asks for its end.

    `note` is the reason that readers see. A permission that has ended is left as it is. Raises ActionNotAllowed if the
    link does not open the author's page.
    """
    permission_request = _locked(permission_request)
    if not opens_author_page(permission_request):
        raise ActionNotAllowed
    if may_end(permission_request):
        steps.revoke(permission_request.repost, note=note)
        _notify_host(permission_request, "ended" if permission_request.repost.may_be_revoked else "end_asked")


@transaction.atomic
def correct_name(permission_request: PermissionRequest, *, name: str) -> None:
    """Correct the author's name on the whole site. Raises ActionNotAllowed if the link does not open their page."""
    permission_request = _locked(permission_request)
    if not opens_author_page(permission_request):
        raise ActionNotAllowed
    if name != permission_request.person.name:
        steps.correct_name(permission_request.person, name=name)


def _notify_host(permission_request: PermissionRequest, what: str) -> None:
    queue.enqueue("tell-host", f"{permission_request.pk} {what}")


def _with_related() -> QuerySet[PermissionRequest]:
    return PermissionRequest.objects.select_related("person", "wording", "repost__post__blog", "repost__post__author")


def _locked(permission_request: PermissionRequest) -> PermissionRequest:
    """Lock the request with its repost and read both again, so that simultaneous answers and host steps take turns."""
    return _with_related().select_for_update(of=("self", "repost")).get(pk=permission_request.pk)

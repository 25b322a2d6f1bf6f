"""Asking the author of reposted words by e-mail, and taking what they answer through the link in that mail.

A link is made while its mail is sent, and only its digest is kept: nobody but the addressee ever sees it.
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

LINK_LASTS = timedelta(days=30)
MOST_QUESTIONS = 3  # about one repost within a day: more is pestering, and a mail server would take it for spam
DAY = timedelta(days=1)

Answer = PermissionRequest.Answer
Kind = PermissionEvent.Kind
State = Repost.State

REFUSALS = (Kind.DECLINED, Kind.DISOWNED, Kind.REVOKED)


class CannotAsk(Exception):
    """The author cannot be asked now. Its text is a sentence for the host."""


class Closed(Exception):
    """The link does not, or no longer, let its holder do this."""


# --- The host asks --------------------------------------------------------------------------------------------------


@transaction.atomic
def ask(repost: Repost, *, by: str) -> PermissionRequest:
    """Have the author asked about the words as they stand now. The mail goes out after the commit.

    Nothing public changes. `by` is the name of the host. Raises CannotAsk.
    """
    Repost.objects.select_for_update().get(pk=repost.pk)  # of two clicks at once, the second sees the first
    if repost.post.is_gone:
        raise CannotAsk(_("The post is withdrawn. Publish it again before you ask."))
    _check_not_too_often(repost)
    author = author_to_ask(repost)
    asked = PermissionRequest.objects.create(
        repost=repost, person=author, email=author.contact_email, wording=Wording.objects.of(repost)
    )
    steps.note_request(repost, by=by)
    queue.enqueue("send-request", str(asked.pk))
    return asked


def _check_not_too_often(repost: Repost) -> None:
    if repost.requests.filter(asked_at__gt=clock.now() - DAY).count() >= MOST_QUESTIONS:
        raise CannotAsk(_("The author was asked three times within a day. Wait until tomorrow before you ask again."))


def author_to_ask(repost: Repost) -> Person:
    """The first author whose address is known. Raises CannotAsk."""
    authors = [credit.person for credit in _author_credits(repost).select_related("person")]
    if not authors:
        raise CannotAsk(_("Nobody is named as author yet. Add the author under “Credits”, then ask."))
    for author in authors:
        if author.contact_email:
            return author
    raise CannotAsk(_("The author's e-mail address is not known. Enter it on the author's own page, then ask."))


def _author_credits(repost: Repost) -> QuerySet[Credit]:
    return repost.post.credits.filter(role=Credit.Role.AUTHOR)


def send(asked: PermissionRequest) -> None:
    """Mail the question with a new link. What was sent, or needs no answer any more, is not sent.

    The link is stored before the mail goes: should the sending be tried again, the earlier link stays good, too.
    """
    if asked.sent_at or not is_open(asked):
        return
    post = asked.repost.post
    context = {
        "asked": asked,
        "post": post,
        "blog": post.blog,
        "host": post.author.name,
        "words": sending.quoted(rendering.plain_text(asked.wording.html)),
        "link": f"{post.blog.base_url}{reverse('author-page', args=[_new_token(asked)])}",
        "days": LINK_LASTS.days,
    }
    sending.send(
        "permission_request",
        context,
        to=asked.email,
        site=post.blog,
        language=post.language,
        reply_to=post.host_email,
    )
    asked.sent_at = clock.now()
    asked.save(update_fields=["sent_at"])


def _new_token(asked: PermissionRequest) -> str:
    token = secrets.token_urlsafe(32)
    AuthorLink.objects.create(request=asked, digest=_digest(token), expires_at=clock.now() + LINK_LASTS)
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# --- The author opens the link --------------------------------------------------------------------------------------


def find(token: str) -> PermissionRequest | None:
    """The question that was mailed with this link. None where there is none, or it ran out before a yes."""
    unended = Q(expires_at__gt=clock.now()) | Q(request__answer=Answer.YES)
    link = AuthorLink.objects.filter(unended, digest=_digest(token)).first()
    return _with_parts().get(pk=link.request_id) if link else None


def is_open(asked: PermissionRequest) -> bool:
    """Whether the question may be answered: it was not, and nothing has happened since that overtakes it."""
    return not asked.answer and _is_still_put(asked) and not _is_overtaken(asked)


def is_authors(asked: PermissionRequest) -> bool:
    """Whether the link is now the author's own page: the yes in force came from its address."""
    last_yes = asked.repost.requests.filter(answer=Answer.YES).order_by("answered_at", "pk").last()
    return bool(asked.answer == Answer.YES and last_yes and last_yes.email.lower() == asked.email.lower())


def ground_of(repost: Repost) -> str:
    """What a yes means beside the words, as a digest: whether it can be taken back, and who is credited."""
    names = [credit.person.name for credit in _author_credits(repost).select_related("person")]
    return _digest("\n".join([repost.basis, repost.licence_url, *names]))


def may_end(asked: PermissionRequest) -> bool:
    """Whether its author can still revoke the permission or, where the basis allows no more, ask for its end."""
    repost = asked.repost
    if repost.may_be_revoked:
        return repost.state in steps.MOVES[Kind.REVOKED][0]
    return repost.state in steps.MOVES[Kind.REVOCATION_ASKED][0] and not has_asked_for_end(repost)


def has_asked_for_end(repost: Repost) -> bool:
    """Whether the author has asked for an end since their last yes."""
    confirmed = repost.events.filter(kind=Kind.CONFIRMED).last()
    since = confirmed.number if confirmed else 0
    return repost.events.filter(kind=Kind.REVOCATION_ASKED, number__gt=since).exists()


def _is_still_put(asked: PermissionRequest) -> bool:
    """The host still names this person, at this address, as author of a post that still stands."""
    same = _author_credits(asked.repost).filter(person=asked.person_id, person__contact_email__iexact=asked.email)
    return same.exists() and not asked.repost.post.is_gone


def _is_overtaken(asked: PermissionRequest) -> bool:
    """An older question revives nothing: not what the author ended or answered since, not what the host withdrew."""
    repost = asked.repost
    if repost.state == State.WITHDRAWN and repost.state_since and repost.state_since >= asked.asked_at:
        return True
    if repost.events.filter(kind__in=REFUSALS, at__gte=asked.asked_at).exists():
        return True
    return repost.requests.filter(email__iexact=asked.email, answered_at__gte=asked.asked_at).exists()


# --- The author answers ---------------------------------------------------------------------------------------------


@transaction.atomic
def answer(
    asked: PermissionRequest, said: Answer, *, conditions: Mapping[str, Any] | None = None, ground: str = ""
) -> None:
    """Enter the author's answer, and have the host told. The same answer given twice counts once.

    `conditions` go with a yes, see `Repost.CONDITIONS`, and so does the `ground` that its giver was shown. Raises
    Closed where the question cannot be answered, or stands on another ground by now.
    """
    asked = _locked(asked)
    if asked.answer == said:
        return
    if not is_open(asked) or ground not in ("", ground_of(asked.repost)):
        raise Closed
    if said == Answer.YES:
        steps.confirm(asked.repost, wording=asked.wording, domain=asked.domain, conditions=conditions or {})
    elif asked.repost.state != State.REVOKED:  # what the author has ended stays ended, and needs no second no
        steps.decline(asked.repost) if said == Answer.NO else steps.disown(asked.repost)
    asked.answer, asked.answered_at = said, clock.now()
    asked.save(update_fields=["answer", "answered_at"])
    _tell_host(asked, said)


@transaction.atomic
def end(asked: PermissionRequest, *, note: str = "") -> None:
    """The author ends the permission, or asks for that where the basis allows no more. `note` is for the readers.

    What has ended ends no second time. Raises Closed for a link that is not the author's page.
    """
    asked = _locked(asked)
    if not is_authors(asked):
        raise Closed
    if may_end(asked):
        steps.revoke(asked.repost, note=note)
        _tell_host(asked, "ended" if asked.repost.may_be_revoked else "end_asked")


@transaction.atomic
def correct_name(asked: PermissionRequest, *, name: str) -> None:
    """Set the author's name right wherever it stands. Raises Closed for a link that is not the author's page."""
    asked = _locked(asked)
    if not is_authors(asked):
        raise Closed
    if name != asked.person.name:
        steps.correct_name(asked.person, name=name)


def _tell_host(asked: PermissionRequest, what: str) -> None:
    queue.enqueue("tell-host", f"{asked.pk} {what}")


def _with_parts() -> QuerySet[PermissionRequest]:
    return PermissionRequest.objects.select_related("person", "wording", "repost__post__blog", "repost__post__author")


def _locked(asked: PermissionRequest) -> PermissionRequest:
    """The question read anew, with its repost: two answers at once, or an answer and a step of the host, take turns."""
    return _with_parts().select_for_update(of=("self", "repost")).get(pk=asked.pk)

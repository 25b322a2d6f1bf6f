"""Where the permission of a post stands, for the page on which the post is written: all of it to be read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from blog.admin import permission_steps, timeline
from blog.models import Dispute, Evidence, PermissionRequest, Repost
from blog.permissions import attribution, author_requests
from core import clock
from core.models import Task

State = Repost.State
MAIL_JOB = "send-request"


@dataclass(frozen=True)
class Record:
    """What the host reads about a repost; `steps` are those that its state leads to, with their names."""

    repost: Repost
    state: str
    readers_see: str
    conditions: list[str]
    steps: list[tuple[str, permission_steps.Step]]
    evidence: list[Evidence]
    requests: list[tuple[PermissionRequest, str]]
    disputes: list[Dispute]
    entries: list[timeline.Entry]


def of(repost: Repost) -> Record:
    """Read everything in five queries."""
    requests = list(repost.requests.select_related("person"))
    return Record(
        repost=repost,
        state=state_in_words(repost),
        readers_see=readers_see(repost),
        conditions=list(conditions(repost)),
        steps=permission_steps.open_steps(repost),
        evidence=list(repost.evidence.all()),
        requests=with_progress(requests),
        disputes=list(repost.disputes.all()),
        entries=timeline.entries(repost),
    )


def state_in_words(repost: Repost) -> str:
    if repost.state in Repost.STATES_IN_FORCE and repost.has_expired:
        return _("ended as agreed")
    return repost.get_state_display()


def readers_see(repost: Repost) -> str:
    """One sentence on what stands on the public page now, if the post is published."""
    if repost.state == State.NONE:
        return _("Nothing is stated yet. Publishing enters the basis above into the ledger, in your name.")
    if not repost.is_in_force:
        return attribution.tombstone_sentence(repost)
    if repost.state == State.STALE:
        return _("Readers see the words that the author confirmed, not the ones that you edited since.")
    return _("Readers see the words.")


def conditions(repost: Repost) -> Iterable[str]:
    """What the author asked for with their yes."""
    for name in Repost.CONDITIONS:
        if value := getattr(repost, name):
            label = str(Repost._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            if name == "author_end":
                value = date_format(value, "DATE_FORMAT")
            yield label if value is True else f"{label}: {value}"


def with_progress(requests: list[PermissionRequest]) -> list[tuple[PermissionRequest, str]]:
    """Each question with how far it came, in words. One query for the mails of all."""
    keys = [str(request.pk) for request in requests]
    mails = {work.argument: work for work in Task.objects.filter(job=MAIL_JOB, argument__in=keys)}
    return [(request, _progress(request, mails.get(str(request.pk)))) for request in requests]


def _progress(request: PermissionRequest, mail: Task | None) -> str:
    if request.answered_at:
        words = {"answer": request.get_answer_display(), "date": _moment(request.answered_at)}
        return _("answered on %(date)s: %(answer)s") % words
    if request.sent_at and request.sent_at + author_requests.LINK_LIFETIME < clock.now():
        return _("sent on %(date)s, never answered; the link no longer works") % {"date": _moment(request.sent_at)}
    if request.sent_at:
        return _("sent on %(date)s, no answer yet") % {"date": _moment(request.sent_at)}
    if mail and mail.failed_at:
        return _("given up, the mail could not be sent: %(error)s") % {"error": mail.last_error}
    if mail and mail.last_error:
        return _("not sent yet, it is tried again: %(error)s") % {"error": mail.last_error}
    return _("about to be sent")


def _moment(moment: datetime) -> str:
    return date_format(localtime(moment), "DATETIME_FORMAT")

"""What is on record about the permission of a post, read-only, for the form of the post."""

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
    """What the host reads about a repost. `steps` are the steps that its state allows, with their names."""

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
    """Return the record of `repost`. Takes five queries."""
    requests = list(repost.requests.select_related("person"))
    return Record(
        repost=repost,
        state=state_label(repost),
        readers_see=readers_see(repost),
        conditions=list(conditions(repost)),
        steps=permission_steps.open_steps(repost),
        evidence=list(repost.evidence.all()),
        requests=with_progress(requests),
        disputes=list(repost.disputes.all()),
        entries=timeline.entries(repost),
    )


def state_label(repost: Repost) -> str:
    if repost.state in Repost.STATES_IN_FORCE and repost.has_expired:
        return _("ended as agreed")
    return repost.get_state_display()


def readers_see(repost: Repost) -> str:
    """Return a sentence on what the public page shows now, if the post is published."""
    if repost.state == State.NONE:
        return _("You have not stated anything yet. Publishing records the basis above in the ledger, in your name.")
    if not repost.is_in_force:
        return attribution.tombstone_sentence(repost)
    if repost.state == State.STALE:
        return _("Readers see the words that the author confirmed, not your later edits.")
    return _("Readers see the words.")


def conditions(repost: Repost) -> Iterable[str]:
    """Yield the conditions that the author attached to their yes."""
    for name in Repost.CONDITIONS:
        if value := getattr(repost, name):
            label = str(Repost._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            if name == "author_end":
                value = date_format(value, "DATE_FORMAT")
            yield label if value is True else f"{label}: {value}"


def with_progress(requests: list[PermissionRequest]) -> list[tuple[PermissionRequest, str]]:
    """Return each request with a sentence on its progress. Takes one query for the tasks of all."""
    keys = [str(request.pk) for request in requests]
    tasks = {task.argument: task for task in Task.objects.filter(job=MAIL_JOB, argument__in=keys)}
    return [(request, _progress(request, tasks.get(str(request.pk)))) for request in requests]


def _progress(request: PermissionRequest, task: Task | None) -> str:
    if request.answered_at:
        values = {"answer": request.get_answer_display(), "date": _date(request.answered_at)}
        return _("answered on %(date)s: %(answer)s") % values
    if request.sent_at and request.sent_at + author_requests.LINK_LIFETIME < clock.now():
        return _("sent on %(date)s, never answered; the link has expired") % {"date": _date(request.sent_at)}
    if request.sent_at:
        return _("sent on %(date)s, no answer yet") % {"date": _date(request.sent_at)}
    if task and task.failed_at:
        return _("the e-mail could not be sent, and is not tried again: %(error)s") % {"error": task.last_error}
    if task and task.last_error:
        return _("not sent yet, will be tried again: %(error)s") % {"error": task.last_error}
    return _("about to be sent")


def _date(moment: datetime) -> str:
    return date_format(localtime(moment), "DATETIME_FORMAT")

"""What moderators do with comments: one table for the queue, the page of one comment, and the list of all.

Whatever is done in one go is a batch, so that it can be undone in one go.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrPromise

from comments.models import Comment, CommentEvent
from comments.moderation import steps
from comments.posting import text_cleaning
from comments.threads import ids

State = Comment.State
Replies = CommentEvent.Replies
CHANGE = "comments.change_comment"
VIEW = "comments.view_comment"


@dataclass(frozen=True)
class Act:
    """`fits` says where it is offered; whether it is done, `step` decides. `done` is said of so many comments."""

    label: StrPromise
    meaning: StrPromise
    done: Callable[[int], str]
    fits: Callable[[Comment], bool]
    step: Callable[..., bool]


ACTS: Mapping[str, Act] = {
    "approve": Act(
        label=gettext_lazy("Approve"),
        meaning=gettext_lazy("Readers see it."),
        done=lambda count: ngettext("%(count)d comment was approved.", "%(count)d comments were approved.", count),
        fits=lambda comment: comment.state in steps.HELD,
        step=steps.approve,
    ),
    "reject": Act(
        label=gettext_lazy("Reject"),
        meaning=gettext_lazy("Readers do not get to see it. The filter learns nothing from it."),
        done=lambda count: ngettext("%(count)d comment was rejected.", "%(count)d comments were rejected.", count),
        fits=lambda comment: comment.state in (State.PENDING, State.SPAM),
        step=steps.reject,
    ),
    "spam": Act(
        label=gettext_lazy("Spam"),
        meaning=gettext_lazy("Readers do not get to see it, and the filter learns from it."),
        done=lambda count: ngettext(
            "%(count)d comment was marked as spam.", "%(count)d comments were marked as spam.", count
        ),
        fits=lambda comment: comment.state in (State.PENDING, State.PUBLISHED, State.REJECTED, State.REMOVED),
        step=steps.mark_spam,
    ),
    "remove": Act(
        label=gettext_lazy("Remove from the page"),
        meaning=gettext_lazy("Readers no longer see it. Replies to it stay."),
        done=lambda count: ngettext("%(count)d comment was removed.", "%(count)d comments were removed.", count),
        fits=lambda comment: comment.state == State.PUBLISHED,
        step=steps.remove,
    ),
    "remove_with_replies": Act(
        label=gettext_lazy("Remove with all replies"),
        meaning=gettext_lazy("Readers no longer see it, nor anything below it."),
        done=lambda count: ngettext(
            "%(count)d comment was removed with all replies.",
            "%(count)d comments were removed with all replies.",
            count,
        ),
        fits=lambda comment: not comment.hides_replies,
        step=steps.remove_with_replies,
    ),
    "show_replies": Act(
        label=gettext_lazy("Show the replies again"),
        meaning=gettext_lazy("The comment itself stays as it is."),
        done=lambda count: ngettext(
            "The replies to %(count)d comment are shown again.",
            "The replies to %(count)d comments are shown again.",
            count,
        ),
        fits=lambda comment: comment.hides_replies,
        step=steps.show_replies,
    ),
    "restore": Act(
        label=gettext_lazy("Restore to the page, replies too"),
        meaning=gettext_lazy("Readers see it again, with the replies that went with it."),
        done=lambda count: ngettext("%(count)d comment was restored.", "%(count)d comments were restored.", count),
        fits=lambda comment: comment.state == State.REMOVED,
        step=steps.restore,
    ),
}
DECISIONS = ("approve", "reject", "spam")  # what the queue asks for


@dataclass(frozen=True)
class Done:
    """A batch as it can be shown afterwards, with the way back."""

    batch: UUID
    sentence: str


def fitting(comment: Comment) -> list[tuple[str, Act]]:
    """The acts to offer for a comment as it is now, with their names."""
    return [(name, act) for name, act in ACTS.items() if act.fits(comment)]


def take(request: HttpRequest, name: str, comments: Iterable[Comment], reason: str) -> UUID | None:
    """Do `name` with each of the comments, the oldest first; the batch, or None where that changed none of them.

    What was left alone is said in a message; what was done, the page says that shows the batch.
    """
    act, batch, by = ACTS[name], uuid4(), moderator(request)
    reason = tidy(reason)
    asked = sorted(comments, key=lambda comment: comment.pk)
    changed = sum(act.step(comment, by=by, reason=reason, batch=batch) for comment in asked)
    if not changed:
        faster = _("Somebody else was faster, or this cannot be done with what you chose.")
        messages.warning(request, f"{act.done(0) % {'count': 0}} {faster}")
        return None
    if left := len(asked) - changed:
        sentence = ngettext(
            "%(count)d comment was left as it is: somebody else was faster, or this cannot be done with it.",
            "%(count)d comments were left as they are: somebody else was faster, or this cannot be done with them.",
            left,
        )
        messages.warning(request, sentence % {"count": left})
    return batch


def undo(request: HttpRequest, batch: str) -> None:
    """Take back a batch, named as it was in an address, and say how much of it that was."""
    known = batch_of(batch)
    count = steps.undo(known, by=moderator(request)) if known else 0
    if count:
        sentence = ngettext(
            "Undone: %(count)d comment is again what it was.",
            "Undone: %(count)d comments are again what they were.",
            count,
        )
        messages.success(request, sentence % {"count": count})
    else:
        messages.warning(request, _("Nothing was undone: it has been already, or the comments were changed since."))


def done(value: str) -> Done | None:
    """What the batch did that an address names; None where it names none."""
    batch = batch_of(value)
    events = CommentEvent.objects.filter(batch=batch)
    first = events.order_by("pk").first() if batch else None
    if batch is None or first is None:
        return None
    count = events.count()
    return Done(batch, ACTS[_name_of(first)].done(count) % {"count": count})


def _name_of(event: CommentEvent) -> str:
    """Which act made an event."""
    if event.replies == Replies.HIDDEN:
        return "remove_with_replies"
    if event.from_state == event.to_state:
        return "show_replies"
    if event.to_state == State.PUBLISHED:
        return "restore" if event.from_state == State.REMOVED else "approve"
    return {State.REJECTED.value: "reject", State.SPAM.value: "spam"}.get(event.to_state, "remove")


def tidy(reason: str) -> str:
    """A reason as it can be stored."""
    return text_cleaning.clean_line(reason[: 2 * CommentEvent.REASON_LENGTH])[: CommentEvent.REASON_LENGTH]


def batch_of(value: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(value)
    return None


def numbers(values: Iterable[str]) -> list[int]:
    """The numbers of comments that a form sent, without what cannot be one."""
    sent = (int(value) for value in values if value.isascii() and value.isdecimal() and len(value) <= 16)
    return [number for number in sent if number < ids.LIMIT]


def keep_numbers(request: HttpRequest) -> None:
    """Of what is ticked in a list only what can be a number: Django's admin takes anything else for a fault of ours."""
    sent = request.POST.copy()
    sent.setlist(ACTION_CHECKBOX_NAME, list(map(str, numbers(sent.getlist(ACTION_CHECKBOX_NAME)))))
    request.POST = sent  # type: ignore[assignment]


def moderator(request: HttpRequest) -> User:
    """Whoever acts: somebody signed in who may."""
    if not isinstance(request.user, User) or not request.user.has_perm(CHANGE):
        raise PermissionDenied
    return request.user

"""The actions of moderators: one table for the queue, the page of one comment, and the list of all comments.

All that one request does is a batch, so that it can be undone together.
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
class Action:
    """`is_offered` decides which comments offer it, `step` whether it changes anything. `summary` takes a count."""

    label: StrPromise
    help_text: StrPromise
    summary: Callable[[int], str]
    is_offered: Callable[[Comment], bool]
    step: Callable[..., bool]


ACTIONS: Mapping[str, Action] = {
    "approve": Action(
        label=gettext_lazy("Approve"),
        help_text=gettext_lazy("Readers will see it."),
        summary=lambda count: ngettext("%(count)d comment was approved.", "%(count)d comments were approved.", count),
        is_offered=lambda comment: comment.state in steps.HELD,
        step=steps.approve,
    ),
    "reject": Action(
        label=gettext_lazy("Reject"),
        help_text=gettext_lazy("Readers will not see it. The spam filter learns nothing from it."),
        summary=lambda count: ngettext("%(count)d comment was rejected.", "%(count)d comments were rejected.", count),
        is_offered=lambda comment: comment.state in (State.PENDING, State.SPAM),
        step=steps.reject,
    ),
    "spam": Action(
        label=gettext_lazy("Spam"),
        help_text=gettext_lazy("Readers will not see it, and the spam filter learns from it."),
        summary=lambda count: ngettext(
            "%(count)d comment was marked as spam.", "%(count)d comments were marked as spam.", count
        ),
        is_offered=lambda comment: comment.state in (State.PENDING, State.PUBLISHED, State.REJECTED, State.REMOVED),
        step=steps.mark_spam,
    ),
    "remove": Action(
        label=gettext_lazy("Remove from the page"),
        help_text=gettext_lazy("Readers will no longer see it. Its replies stay."),
        summary=lambda count: ngettext("%(count)d comment was removed.", "%(count)d comments were removed.", count),
        is_offered=lambda comment: comment.state == State.PUBLISHED,
        step=steps.remove,
    ),
    "remove_with_replies": Action(
        label=gettext_lazy("Remove with all replies"),
        help_text=gettext_lazy("Readers will no longer see it or any reply to it."),
        summary=lambda count: ngettext(
            "%(count)d comment was removed with all replies.",
            "%(count)d comments were removed with all replies.",
            count,
        ),
        is_offered=lambda comment: not comment.hides_replies,
        step=steps.remove_with_replies,
    ),
    "show_replies": Action(
        label=gettext_lazy("Show the replies again"),
        help_text=gettext_lazy("The comment itself does not change."),
        summary=lambda count: ngettext(
            "The replies to %(count)d comment are shown again.",
            "The replies to %(count)d comments are shown again.",
            count,
        ),
        is_offered=lambda comment: comment.hides_replies,
        step=steps.show_replies,
    ),
    "restore": Action(
        label=gettext_lazy("Restore"),
        help_text=gettext_lazy("Readers will see it again, and the replies that were hidden with it."),
        summary=lambda count: ngettext("%(count)d comment was restored.", "%(count)d comments were restored.", count),
        is_offered=lambda comment: comment.state == State.REMOVED,
        step=steps.restore,
    ),
}
DECISIONS = ("approve", "reject", "spam")  # that the queue offers


@dataclass(frozen=True)
class FinishedBatch:
    """A batch that can be undone, and a sentence that says what it did."""

    batch: UUID
    sentence: str


def offered(comment: Comment) -> list[tuple[str, Action]]:
    """Return the names and actions that a comment offers in its present state."""
    return [(name, action) for name, action in ACTIONS.items() if action.is_offered(comment)]


def perform(request: HttpRequest, name: str, comments: Iterable[Comment], reason: str) -> UUID | None:
    """Perform the action `name` on comments, oldest first; return the batch, or None if no comment changed.

    A message names the comments that were left alone. The page that shows the batch says what was done.
    """
    action, batch, by = ACTIONS[name], uuid4(), require_moderator(request)
    reason = clean_reason(reason)
    selected = sorted(comments, key=lambda comment: comment.pk)
    changed = sum(action.step(comment, by=by, reason=reason, batch=batch) for comment in selected)
    if not changed:
        explanation = _("Somebody else was faster, or this is not possible for the comments that you selected.")
        messages.warning(request, f"{action.summary(0) % {'count': 0}} {explanation}")
        return None
    if unchanged := len(selected) - changed:
        sentence = ngettext(
            "%(count)d comment was left as it is: somebody else was faster, or this is not possible for it.",
            "%(count)d comments were left as they are: somebody else was faster, or this is not possible for them.",
            unchanged,
        )
        messages.warning(request, sentence % {"count": unchanged})
    return batch


def undo(request: HttpRequest, value: str) -> None:
    """Undo the batch that a form names, and report how many comments changed."""
    batch = parse_batch(value)
    count = steps.undo(batch, by=require_moderator(request)) if batch else 0
    if count:
        sentence = ngettext(
            "Undone: %(count)d comment is back in its previous state.",
            "Undone: %(count)d comments are back in their previous state.",
            count,
        )
        messages.success(request, sentence % {"count": count})
    else:
        messages.warning(request, _("Nothing was undone: it was undone before, or the comments have changed since."))


def finished_batch(value: str) -> FinishedBatch | None:
    """Return the batch that a URL names, with what it did; None if there is no such batch."""
    batch = parse_batch(value)
    events = CommentEvent.objects.filter(batch=batch)
    first = events.order_by("pk").first() if batch else None
    if batch is None or first is None:
        return None
    count = events.count()
    return FinishedBatch(batch, ACTIONS[_action_name(first)].summary(count) % {"count": count})


def _action_name(event: CommentEvent) -> str:
    """The name of the action that caused an event."""
    if event.replies == Replies.HIDDEN:
        return "remove_with_replies"
    if event.from_state == event.to_state:
        return "show_replies"
    if event.to_state == State.PUBLISHED:
        return "restore" if event.from_state == State.REMOVED else "approve"
    return {State.REJECTED.value: "reject", State.SPAM.value: "spam"}.get(event.to_state, "remove")


def clean_reason(reason: str) -> str:
    """Return a reason in the form in which it is stored."""
    return text_cleaning.clean_line(reason[: 2 * CommentEvent.REASON_LENGTH])[: CommentEvent.REASON_LENGTH]


def parse_batch(value: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(value)
    return None


def parse_ids(values: Iterable[str]) -> list[int]:
    """Return the primary keys that a form sent, without values that cannot be one."""
    sent = (int(value) for value in values if value.isascii() and value.isdecimal() and len(value) <= 16)
    return [pk for pk in sent if pk < ids.LIMIT]


def drop_invalid_ids(request: HttpRequest) -> None:
    """Drop selected values that cannot be a primary key: Django's admin would answer them with a server error."""
    sent = request.POST.copy()
    sent.setlist(ACTION_CHECKBOX_NAME, list(map(str, parse_ids(sent.getlist(ACTION_CHECKBOX_NAME)))))
    request.POST = sent  # type: ignore[assignment]


def require_moderator(request: HttpRequest) -> User:
    """Return the signed-in user. Raises PermissionDenied unless they may change comments."""
    if not isinstance(request.user, User) or not request.user.has_perm(CHANGE):
        raise PermissionDenied
    return request.user

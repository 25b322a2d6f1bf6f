"""Sentences about comments, their history and bans on the pages for moderators."""

from collections.abc import Mapping

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrPromise

from comments.models import Ban, Comment, CommentEvent

State = Comment.State

NOT_PUBLISHED: Mapping[str, StrPromise] = {
    State.PENDING: gettext_lazy("It is waiting for a moderator. Readers do not see it."),
    State.SPAM: gettext_lazy("It is marked as spam. Readers do not see it."),
    State.REJECTED: gettext_lazy("It was rejected. Readers do not see it."),
    State.REMOVED: gettext_lazy("A moderator removed it. Readers do not see it."),
    State.DELETED: gettext_lazy("Its writer deleted it. Nobody else can restore it."),
    State.ERASED: gettext_lazy("It was erased. Nothing of it is left."),
}
EVENTS: Mapping[str, StrPromise] = {
    State.PENDING: gettext_lazy("Held for a moderator."),
    State.PUBLISHED: gettext_lazy("Published."),
    State.SPAM: gettext_lazy("Marked as spam."),
    State.REJECTED: gettext_lazy("Rejected."),
    State.REMOVED: gettext_lazy("Removed from the page."),
    State.DELETED: gettext_lazy("Deleted by its writer."),
    State.ERASED: gettext_lazy("Erased."),
}
REPLY_EVENTS: Mapping[str, StrPromise] = {
    CommentEvent.Replies.HIDDEN: gettext_lazy("Replies hidden."),
    CommentEvent.Replies.SHOWN: gettext_lazy("Replies shown again."),
}


def describe_visibility(comment: Comment, *, is_public: bool) -> list[str]:
    """Return sentences that say whether readers see a comment, and why not."""
    sentences = [
        _describe_published(comment, is_public)
        if comment.state == State.PUBLISHED
        else str(NOT_PUBLISHED[comment.state])
    ]
    if comment.is_tombstone and comment.shown:
        sentences.append(_("The page shows a note in its place, because there are replies to it."))
    if comment.hides_replies:
        sentences.append(_("Its replies are hidden too."))
    return sentences


def _describe_published(comment: Comment, is_public: bool) -> str:
    if is_public:
        return _("Readers see it.")
    if not comment.shown:
        return _("It is published, but a comment above it was removed with all replies. Readers do not see it.")
    return _("It is published, but readers do not see it at present: its post or its discussion is hidden.")


def describe_event(event: CommentEvent) -> str:
    """Return a line of a comment's history."""
    change = [EVENTS[event.to_state]] if event.from_state != event.to_state else []
    return " ".join(map(str, [*change, *([REPLY_EVENTS[event.replies]] if event.replies else [])]))


def describe_replies(total: int, visible: int) -> str:
    """“3 replies; readers see 2.”"""
    sentence = ngettext(
        "%(total)d reply; readers see %(visible)d.", "%(total)d replies; readers see %(visible)d.", total
    )
    return sentence % {"total": total, "visible": visible}


def describe_ban(ban: Ban) -> str:
    """“network, until Dec. 20, 2026”."""
    if ban.until is None:
        return ban.get_kind_display()
    date = date_format(localtime(ban.until), "DATE_FORMAT")
    return _("%(kind)s, until %(date)s") % {"kind": ban.get_kind_display(), "date": date}

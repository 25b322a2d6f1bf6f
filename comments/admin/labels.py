"""What the pages of moderators say of comments, their history and bans, in whole sentences."""

from collections.abc import Mapping

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrPromise

from comments.models import Ban, Comment, CommentEvent

State = Comment.State

STANDING: Mapping[str, StrPromise] = {
    State.PENDING: gettext_lazy("It waits for a moderator: readers do not see it."),
    State.SPAM: gettext_lazy("It was marked as spam: readers do not see it."),
    State.REJECTED: gettext_lazy("It was rejected: readers do not see it."),
    State.REMOVED: gettext_lazy("A moderator removed it: readers do not see it."),
    State.DELETED: gettext_lazy("Its writer deleted it, and nobody else can bring it back."),
    State.ERASED: gettext_lazy("It was erased: nothing of it is left."),
}
HAPPENED: Mapping[str, StrPromise] = {
    State.PENDING: gettext_lazy("It waits for a moderator."),
    State.PUBLISHED: gettext_lazy("It was published."),
    State.SPAM: gettext_lazy("It was marked as spam."),
    State.REJECTED: gettext_lazy("It was rejected."),
    State.REMOVED: gettext_lazy("It was removed from the page."),
    State.DELETED: gettext_lazy("Its writer deleted it."),
    State.ERASED: gettext_lazy("It was erased."),
}
REPLIES: Mapping[str, StrPromise] = {
    CommentEvent.Replies.HIDDEN: gettext_lazy("Its replies were hidden with it."),
    CommentEvent.Replies.SHOWN: gettext_lazy("Its replies are shown again."),
}


def standing(comment: Comment, *, is_public: bool) -> list[str]:
    """Whether readers see a comment, and why not."""
    told = [_published(comment, is_public) if comment.state == State.PUBLISHED else str(STANDING[comment.state])]
    if comment.is_tombstone and comment.shown:
        told.append(_("A mark stands in its place, because replies to it are shown."))
    if comment.hides_replies:
        told.append(_("Its replies are hidden with it."))
    return told


def _published(comment: Comment, is_public: bool) -> str:
    if is_public:
        return _("Readers see it.")
    if not comment.shown:
        return _("It is published, but a comment above it hides its replies: readers do not see it.")
    return _("It is published, but readers see neither its post nor its discussion now.")


def event(happened: CommentEvent) -> str:
    """A line of a comment's history."""
    moved = [HAPPENED[happened.to_state]] if happened.from_state != happened.to_state else []
    return " ".join(map(str, [*moved, *([REPLIES[happened.replies]] if happened.replies else [])]))


def replies(total: int, read: int) -> str:
    """“3 replies, 2 of them are read.”"""
    sentence = ngettext(
        "%(total)d comment below it; readers see %(read)d.", "%(total)d comments below it; readers see %(read)d.", total
    )
    return sentence % {"total": total, "read": read}


def ban(known: Ban) -> str:
    """“network, until Dec. 20, 2026”."""
    if known.until is None:
        return known.get_kind_display()
    date = date_format(localtime(known.until), "DATE_FORMAT")
    return _("%(kind)s, until %(date)s") % {"kind": known.get_kind_display(), "date": date}

"""What is kept under an e-mail address: showing all of it to whoever reads mail there, and erasing it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, CommentQuerySet, OutgoingEmail, Subscription
from comments.moderation import steps
from core import clock
from core.tasks import queue

ERASE = "erase-address"  # the job that goes on where an erasure was broken off; it names the letter that led to it
SOON = timedelta(minutes=1)


def comments_of(email: str) -> CommentQuerySet:
    """Every comment that was sent with an address, whether that was ever confirmed or not."""
    return Comment.objects.exclude(email="").filter(email__iexact=email)


def is_known(email: str) -> bool:
    """Whether anything is kept under an address but that somebody asked for it."""
    asked_for = OutgoingEmail.objects.filter(email=email).exclude(kind=OutgoingEmail.Kind.ACCESS)
    return any(found.exists() for found in (comments_of(email), Subscription.objects.filter(email=email), asked_for))


# --- Showing --------------------------------------------------------------------------------------------------------


def export(email: str) -> dict[str, Any]:
    """All that is kept under an address, in words and numbers that JSON knows."""
    comments = comments_of(email).select_related("discussion__post__blog").prefetch_related("revisions", "events")
    wishes = Subscription.objects.filter(email=email).select_related("discussion__post__blog").order_by("pk")
    sent = OutgoingEmail.objects.filter(email=email).prefetch_related("items").order_by("pk")
    return {
        "address": email,
        "exported": _moment(clock.now()),
        "comments": [_comment(comment) for comment in comments.order_by("pk")],
        "subscriptions": [_subscription(wish) for wish in wishes],
        "letters": [_letter(letter) for letter in sent],
    }


# What the names in an export are called in front of people; of a finding, its code says enough.
LABELS = {
    "id": _("number"),
    "page": _("page"),
    "post": _("post"),
    "state": _("state"),
    "name": _("name"),
    "web_page": _("web page"),
    "email": _("e-mail"),
    "email_confirmed": _("e-mail confirmed"),
    "language": _("language"),
    "text": _("text"),
    "written": _("written"),
    "published": _("published"),
    "edited": _("edited"),
    "badge": _("badge"),
    "network_hash": _("hash of the network"),
    "score": _("score"),
    "findings": _("findings of the spam rules"),
    "earlier_wordings": _("earlier wordings"),
    "history": _("history"),
    "about": _("about"),
    "comment": _("comment"),
    "comments": _("comments"),
    "asked": _("asked"),
    "confirmed": _("confirmed"),
    "kind": _("kind"),
    "made": _("made"),
    "sent": _("sent"),
    "replaced": _("replaced"),
    "at": _("when"),
    "from": _("from"),
    "to": _("to"),
    "reason": _("reason"),
}


class Labelled(NamedTuple):
    """A part of an export for people: a word for what it is, and either its value or rows of such parts."""

    label: str
    value: str
    rows: list["list[Labelled]"]


def labelled(record: Mapping[str, Any]) -> list[Labelled]:
    """What is not empty in a record of an export."""
    filled = {name: value for name, value in record.items() if value not in ("", [], None)}
    return [_part(str(LABELS.get(name, name)), value) for name, value in filled.items()]


def _part(label: str, value: Any) -> Labelled:
    if not isinstance(value, list):
        return Labelled(label, str(value), [])
    return Labelled(label, "", [labelled(row) if isinstance(row, dict) else [_part("", row)] for row in value])


def _comment(comment: Comment) -> dict[str, Any]:
    post = comment.discussion.post
    return {
        "id": comment.public_id,
        "page": f"{post.blog.base_url}{comment.get_absolute_url()}",
        "post": post.title if post.is_public else "",
        "state": comment.state,
        "name": comment.name,
        "web_page": comment.url,
        "email": comment.email,
        "email_confirmed": _moment(comment.email_confirmed_at),
        "language": comment.language,
        "text": comment.source,
        "written": _moment(comment.created_at),
        "published": _moment(comment.published_at),
        "edited": _moment(comment.edited_at),
        "badge": comment.badge,
        "network_hash": _in_groups(comment.network_key),
        "score": comment.score,
        "findings": comment.findings,
        "earlier_wordings": [{"replaced": _moment(row.at), "text": row.source} for row in comment.revisions.all()],
        "history": [_event(event) for event in comment.events.all()],
    }


def _event(event: Any) -> dict[str, Any]:
    return {"at": _moment(event.at), "from": event.from_state, "to": event.to_state, "reason": event.reason}


def _subscription(wish: Subscription) -> dict[str, Any]:
    post = wish.discussion.post
    return {
        "about": wish.scope,
        "post": post.title if post.is_public else "",
        "comment": f"{post.blog.base_url}{reverse('comment', args=[wish.comment_id])}" if wish.comment_id else "",
        "asked": _moment(wish.created_at),
        "confirmed": _moment(wish.confirmed_at),
    }


def _letter(letter: OutgoingEmail) -> dict[str, Any]:
    told = [reverse("comment", args=[notice.comment_id]) for notice in letter.items.all()]
    return {
        "kind": letter.kind,
        "made": _moment(letter.created_at),
        "sent": _moment(letter.sent_at),
        "network_hash": _in_groups(letter.network_key),
        "comments": told,
    }


def _in_groups(key: bytes | None) -> str:
    """A hash with blanks in it: where people read it, its line can break on a telephone."""
    return bytes(key or b"").hex(" ", 8)


def _moment(at: Any) -> str:
    return at.isoformat(timespec="seconds") if at else ""


# --- Erasing --------------------------------------------------------------------------------------------------------


def erase_behind(letter: OutgoingEmail) -> None:
    """Erase all that is kept under the address of a letter. Should we be killed meanwhile, the worker goes on."""
    queue.enqueue(ERASE, str(letter.pk), delay=SOON)
    erase(letter.email)


def erase(email: str) -> None:
    """Erase all that is kept under an address. Of comments the empty places stay, and the replies to them.

    One comment is one transaction, and the letter that led here goes last: broken off, it can be done again.
    """
    for comment in comments_of(email).order_by("pk"):
        steps.erase(comment)
    with transaction.atomic():
        Subscription.objects.filter(email=email).end()
        OutgoingEmail.objects.filter(email=email).delete()  # and with them the notices

"""The personal data stored under an email address: exporting all of it for its owner, and erasing it."""

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

ERASE = "erase-personal-data"  # the task that resumes an interrupted erasure; its argument is the message behind it
RESUME_AFTER = timedelta(minutes=1)


def comments_of(email: str) -> CommentQuerySet:
    """All comments that were sent with an email address, confirmed or not."""
    return Comment.objects.exclude(email="").filter(email__iexact=email)


def exists_for(email: str) -> bool:
    """Whether anything is stored under an email address, apart from requests for this very information."""
    messages = OutgoingEmail.objects.filter(email=email).exclude(kind=OutgoingEmail.Kind.ACCESS)
    subscriptions = Subscription.objects.filter(email=email)
    return any(rows.exists() for rows in (comments_of(email), subscriptions, messages))


# --- Exporting ------------------------------------------------------------------------------------------------------


def export(email: str) -> dict[str, Any]:
    """Return everything stored under an email address, as values that JSON can represent."""
    comments = comments_of(email).select_related("discussion__post__blog").prefetch_related("revisions", "events")
    subscriptions = Subscription.objects.filter(email=email).select_related("discussion__post__blog").order_by("pk")
    messages = OutgoingEmail.objects.filter(email=email).prefetch_related("items").order_by("pk")
    return {
        "address": email,
        "exported": _iso(clock.now()),
        "comments": [_comment(comment) for comment in comments.order_by("pk")],
        "subscriptions": [_subscription(subscription) for subscription in subscriptions],
        "letters": [_message(message) for message in messages],
    }


# Labels for the keys of an export. The keys of a finding have none: its code says enough.
LABELS = {
    "id": _("number"),
    "page": _("page"),
    "post": _("post"),
    "state": _("state"),
    "name": _("name"),
    "web_page": _("website"),
    "email": _("e-mail"),
    "email_confirmed": _("e-mail confirmed"),
    "language": _("language"),
    "text": _("text"),
    "written": _("written"),
    "published": _("published"),
    "edited": _("edited"),
    "badge": _("badge"),
    "network_hash": _("network hash"),
    "score": _("score"),
    "findings": _("spam filter findings"),
    "earlier_wordings": _("earlier wordings"),
    "history": _("history"),
    "about": _("about"),
    "comment": _("comment"),
    "comments": _("comments"),
    "asked": _("requested"),
    "confirmed": _("confirmed"),
    "kind": _("kind"),
    "made": _("created"),
    "sent": _("sent"),
    "replaced": _("replaced"),
    "at": _("when"),
    "from": _("from"),
    "to": _("to"),
    "reason": _("reason"),
}


class LabelledField(NamedTuple):
    """A field of an exported record for people to read: its label, and either a value or nested rows of fields."""

    label: str
    value: str
    rows: list["list[LabelledField]"]


def labelled_fields(record: Mapping[str, Any]) -> list[LabelledField]:
    """Return the fields of an exported record that are not empty."""
    filled = {name: value for name, value in record.items() if value not in ("", [], None)}
    return [_field(str(LABELS.get(name, name)), value) for name, value in filled.items()]


def _field(label: str, value: Any) -> LabelledField:
    if not isinstance(value, list):
        return LabelledField(label, str(value), [])
    rows = [labelled_fields(row) if isinstance(row, dict) else [_field("", row)] for row in value]
    return LabelledField(label, "", rows)


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
        "email_confirmed": _iso(comment.email_confirmed_at),
        "language": comment.language,
        "text": comment.source,
        "written": _iso(comment.created_at),
        "published": _iso(comment.published_at),
        "edited": _iso(comment.edited_at),
        "badge": comment.badge,
        "network_hash": _in_groups(comment.network_key),
        "score": comment.score,
        "findings": comment.findings,
        "earlier_wordings": [{"replaced": _iso(row.at), "text": row.source} for row in comment.revisions.all()],
        "history": [_event(event) for event in comment.events.all()],
    }


def _event(event: Any) -> dict[str, Any]:
    return {"at": _iso(event.at), "from": event.from_state, "to": event.to_state, "reason": event.reason}


def _subscription(subscription: Subscription) -> dict[str, Any]:
    post, comment_id = subscription.discussion.post, subscription.comment_id
    return {
        "about": subscription.scope,
        "post": post.title if post.is_public else "",
        "comment": f"{post.blog.base_url}{reverse('comment', args=[comment_id])}" if comment_id else "",
        "asked": _iso(subscription.created_at),
        "confirmed": _iso(subscription.confirmed_at),
    }


def _message(message: OutgoingEmail) -> dict[str, Any]:
    return {
        "kind": message.kind,
        "made": _iso(message.created_at),
        "sent": _iso(message.sent_at),
        "network_hash": _in_groups(message.network_key),
        "comments": [reverse("comment", args=[item.comment_id]) for item in message.items.all()],
    }


def _in_groups(key: bytes | None) -> str:
    """A hash as hexadecimal digits in groups, so that it wraps on a narrow screen."""
    return bytes(key or b"").hex(" ", 8)


def _iso(at: Any) -> str:
    return at.isoformat(timespec="seconds") if at else ""


# --- Erasing --------------------------------------------------------------------------------------------------------


def start_erasure(message: OutgoingEmail) -> None:
    """Erase everything stored under a message's email address. If the process dies meanwhile, the worker resumes."""
    queue.enqueue(ERASE, str(message.pk), delay=RESUME_AFTER)
    erase(message.email)


def erase(email: str) -> None:
    """Erase everything stored under an email address. Replies stay, below tombstones of the erased comments.

    Each comment is one transaction, and the messages go last, among them the one whose link led here: an interrupted
    erasure can be repeated with the same link.
    """
    for comment in comments_of(email).order_by("pk"):
        steps.erase(comment)
    with transaction.atomic():
        Subscription.objects.filter(email=email).end()
        OutgoingEmail.objects.filter(email=email).delete()  # cascades to their items

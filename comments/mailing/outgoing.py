"""The life cycle of an outgoing email: created as a row within a transaction, closed when it is due, then sent.

The row holds the receiver and the subject matter. The text and its signed links are made at the moment of sending, so
an email tells only what is still true, and the database holds no secret. Sent messages are kept for a while to enforce
the limits; a notification with nothing left to say is deleted.
"""

import smtplib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from blog.models import Blog
from comments.mailing import contents
from comments.models import Comment, OutgoingEmail, Subscription
from core import clock
from core.mailing import email_addresses, sending
from core.tasks import queue

Kind = OutgoingEmail.Kind
SEND = "send-email"  # the task that sends one message

REQUESTED_KINDS = (Kind.CONFIRM, Kind.ACCESS)  # what anybody can have sent to any email address
MAX_REQUESTED_PER_MAILBOX = 3  # a day
MAX_REQUESTED_PER_NETWORK = 10  # an hour
MAX_NOTIFICATIONS_PER_DAY = 3  # for one email address; later comments are collected in one message
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ATTEMPTS = 5


class NotSent(Exception):
    """The mail server did not accept a message. The text gives the reason without the receiver: it is logged."""


# --- Creating -------------------------------------------------------------------------------------------------------


def may_request(email: str, network_key: bytes | None) -> bool:
    """Whether the limits allow another requested message to this email address and from this network.

    Call it within the transaction that creates the message: concurrent requests take turns at the lock on the blog's
    row, so each of them counts those before it.
    """
    Blog.objects.select_for_update(no_key=True).values_list("pk").first()
    requested, now = OutgoingEmail.objects.filter(kind__in=REQUESTED_KINDS), clock.now()
    if requested.filter(_same_mailbox(email), created_at__gt=now - DAY).count() >= MAX_REQUESTED_PER_MAILBOX:
        return False
    from_network = requested.filter(network_key=network_key, created_at__gt=now - HOUR)
    return network_key is None or from_network.count() < MAX_REQUESTED_PER_NETWORK


def send_requested(
    kind: Kind,
    *,
    email: str,
    network_key: bytes | None,
    comment: Comment | None = None,
    subscription: Subscription | None = None,
) -> OutgoingEmail:
    """Schedule a requested message. Check `may_request` first, in the same transaction."""
    message = OutgoingEmail.objects.create(
        kind=kind, email=email, network_key=network_key, comment=comment, subscription=subscription
    )
    queue.enqueue(SEND, str(message.pk))
    return message


def _same_mailbox(email: str) -> Q:
    local, _at, domain = email_addresses.canonical(email).rpartition("@")
    return Q(email=f"{local}@{domain}") | Q(email__startswith=f"{local}+", email__endswith=f"@{domain}")


def open_notifications(emails: Collection[str]) -> dict[str, OutgoingEmail]:
    """Return the notification of each email address that still takes comments, locked until the transaction ends."""
    for _attempt in range(ATTEMPTS):
        unclosed = OutgoingEmail.objects.filter(kind=Kind.NEWS, closed_at=None, email__in=emails)
        found = {message.email: message for message in unclosed.select_for_update(no_key=True).order_by("pk")}
        missing = sorted(set(emails) - set(found))
        if not missing:
            return found
        # A concurrent transaction may create the same row. The next attempt then uses it unless it was closed already.
        OutgoingEmail.objects.bulk_create(
            [OutgoingEmail(kind=Kind.NEWS, email=email) for email in missing], ignore_conflicts=True
        )
    raise RuntimeError("The notifications were closed as fast as they were opened.")


def schedule_notifications(messages: Collection[OutgoingEmail]) -> None:
    """Schedule notifications: for now or, above the daily limit of a receiver, for when the limit allows another."""
    now = clock.now()
    closed: dict[str, list[datetime]] = {message.email: [] for message in messages}
    within_a_day = OutgoingEmail.objects.filter(kind=Kind.NEWS, email__in=closed, closed_at__gt=now - DAY)
    for email, closed_at in within_a_day.order_by("-closed_at").values_list("email", "closed_at"):
        closed[email].append(closed_at)  # type: ignore[arg-type]  # the filter excludes NULL
    delays = {}
    for message in messages:
        earlier = closed[message.email]
        is_over_limit = len(earlier) >= MAX_NOTIFICATIONS_PER_DAY
        delays[str(message.pk)] = earlier[MAX_NOTIFICATIONS_PER_DAY - 1] + DAY - now if is_over_limit else timedelta(0)
    queue.enqueue_many(SEND, delays)


# --- Sending --------------------------------------------------------------------------------------------------------


def send(message_id: int) -> None:
    """Send a message unless it was sent already. Raises NotSent if the mail server refuses it.

    A transaction of its own closes the message first; nothing is locked while the mail server works. If the process
    dies before `sent_at` is stored, the message is sent a second time, with the same Message-ID.
    """
    message = _close(message_id)
    if message is None:
        return
    blog = Blog.load()
    composed = contents.compose(message, blog)
    if composed is None:
        _discard(message)
        return
    _deliver(message, composed, blog)
    OutgoingEmail.objects.filter(pk=message.pk).update(sent_at=clock.now())


@transaction.atomic
def _close(message_id: int) -> OutgoingEmail | None:
    message = OutgoingEmail.objects.select_for_update(no_key=True).filter(pk=message_id, sent_at=None).first()
    if message and message.closed_at is None:
        message.closed_at = clock.now()
        message.save(update_fields=["closed_at"])
    return message


def _discard(message: OutgoingEmail) -> None:
    """Delete a message that has nothing to say. Keep requested ones for a day, so that they count for the limits."""
    if message.kind not in REQUESTED_KINDS:
        message.delete()


def _deliver(message: OutgoingEmail, composed: contents.Contents, blog: Blog) -> None:
    name = f"email-{message.pk}.{message.created_at:%Y%m%d}"
    try:
        sending.send(
            composed.template, composed.context, to=message.email, site=blog, name=name, headers=composed.headers
        )
    except (OSError, ValueError) as error:  # of the network or the server; of an invalid address or header
        raise NotSent(_without_email(error, message.email)) from None


def _without_email(error: OSError | ValueError, email: str) -> str:
    """Describe an error for operators without the receiver's email address, which servers like to repeat."""
    kind = type(error).__name__
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers: Any = error.recipients.values()
        return f"{kind}: {', '.join(str(code) for code, _text in answers)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{kind}: {error.smtp_code}"
    return f"{kind}: {error}".replace(email, "…")

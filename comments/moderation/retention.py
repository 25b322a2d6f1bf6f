"""Deleting data that is no longer needed. The table in docs/operating.md lists all periods."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from comments.mailing import outgoing
from comments.models import Ban, Comment, CommentEvent, OutgoingEmail, Subscription
from comments.moderation import steps
from core import clock

BATCH_SIZE = 500  # rows in one transaction, so that nobody waits long for a lock
EMAIL_LIFETIME = timedelta(days=30)
UNSENT_QUESTION_LIFETIME = timedelta(days=1)  # as long as it counts against the limit of its recipient
UNCONFIRMED_SUBSCRIPTION_LIFETIME = timedelta(days=3)  # as long as its confirmation link is valid
UNWANTED_LIFETIME = timedelta(days=30)

State = Comment.State
UNWANTED = (State.SPAM, State.REJECTED, State.DELETED)


def forget_networks(before: datetime) -> None:
    """Clear the keyed hashes of networks that were stored before a moment: their keys have been destroyed."""
    Comment.objects.filter(network_key__isnull=False, created_at__lt=before).update(network_key=None)
    OutgoingEmail.objects.filter(network_key__isnull=False, created_at__lt=before).update(network_key=None)
    # A ban has the hash of its comment, which may be weeks older than the ban. It no longer matches anybody.
    outdated = Q(created_at__lt=before) | Q(comment__created_at__lt=before)
    Ban.objects.filter(outdated, kind=Ban.Kind.NETWORK).delete()


def delete_old_emails() -> None:
    """Delete emails after their lifetime, sent or not. Unsent questions that are closed go earlier."""
    now = clock.now()
    unsent = Q(kind__in=outgoing.REQUESTED_KINDS, sent_at=None, closed_at__lt=now - UNSENT_QUESTION_LIFETIME)
    _delete(OutgoingEmail.objects.filter(Q(created_at__lt=now - EMAIL_LIFETIME) | unsent))


def delete_unconfirmed_subscriptions() -> None:
    """Delete subscriptions that were not confirmed in time: their email may belong to somebody else."""
    oldest = clock.now() - UNCONFIRMED_SUBSCRIPTION_LIFETIME
    _delete(Subscription.objects.filter(confirmed_at=None, created_at__lt=oldest))


def erase_unwanted_comments() -> None:
    """Erase spam, rejected comments and those that their writers deleted, a month after that."""
    since = clock.now() - UNWANTED_LIFETIME
    recent_events = CommentEvent.objects.filter(comment=OuterRef("pk"), at__gte=since)
    old = Comment.objects.filter(~Exists(recent_events), state__in=UNWANTED).order_by("pk")
    last = 0
    while batch := list(old.filter(pk__gt=last)[:BATCH_SIZE]):
        for comment in batch:
            _erase_if_unwanted(comment)
        last = batch[-1].pk


@transaction.atomic
def _erase_if_unwanted(comment: Comment) -> None:
    """Erase a comment unless its state has changed since it was read. The filter keeps what it learned from spam."""
    Comment.objects.lock_thread(comment.path)
    if Comment.objects.filter(pk=comment.pk, state=comment.state).exists():
        steps.erase(comment, unlearn=comment.state != State.SPAM)


def _delete(rows: QuerySet[Any]) -> None:
    """Delete rows in batches, so that no transaction is long."""
    while primary_keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE]):
        rows.model._default_manager.filter(pk__in=primary_keys).delete()

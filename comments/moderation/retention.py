"""Forgetting: what nobody needs any more is deleted by itself. docs/operating.md has the table."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from comments.mailing import outgoing
from comments.models import Ban, Comment, CommentEvent, OutgoingEmail, Subscription
from comments.moderation import steps
from core import clock

BATCH = 500  # rows in one transaction: nobody waits long for us
LETTERS_LAST = timedelta(days=30)
UNSENT_QUESTIONS_LAST = timedelta(days=1)  # as long as they count against the limit of their address
WISHES_LAST = timedelta(days=3)  # as long as the link to confirm them is good
UNWANTED_LAST = timedelta(days=30)

State = Comment.State
UNWANTED = (State.SPAM, State.REJECTED, State.DELETED)


def forget_networks(before: datetime) -> None:
    """Clear the pseudonyms of networks that were stored before this moment; their keys have been destroyed."""
    Comment.objects.filter(network_key__isnull=False, created_at__lt=before).update(network_key=None)
    OutgoingEmail.objects.filter(network_key__isnull=False, created_at__lt=before).update(network_key=None)
    # A ban has the name that its comment got, which may be weeks older than itself. Then it bans nobody any more.
    outlived = Q(created_at__lt=before) | Q(comment__created_at__lt=before)
    Ban.objects.filter(outlived, kind=Ban.Kind.NETWORK).delete()


def forget_letters() -> None:
    """Delete letters: those that were sent, or given up, and at once those that nobody was to get."""
    now = clock.now()
    unsent = Q(kind__in=outgoing.REQUESTED_KINDS, sent_at=None, closed_at__lt=now - UNSENT_QUESTIONS_LAST)
    _delete(OutgoingEmail.objects.filter(Q(created_at__lt=now - LETTERS_LAST) | unsent))


def forget_unconfirmed_wishes() -> None:
    """Delete subscriptions that nobody confirmed in time: their address may be a stranger's."""
    _delete(Subscription.objects.filter(confirmed_at=None, created_at__lt=clock.now() - WISHES_LAST))


def forget_unwanted_comments() -> None:
    """Erase comments that were refused, or that their writers took back, a month after that."""
    since = clock.now() - UNWANTED_LAST
    lately = CommentEvent.objects.filter(comment=OuterRef("pk"), at__gte=since)
    old = Comment.objects.filter(~Exists(lately), state__in=UNWANTED).order_by("pk")
    last = 0
    while batch := list(old.filter(pk__gt=last)[:BATCH]):
        for comment in batch:
            _erase_if_unwanted(comment)
        last = batch[-1].pk


@transaction.atomic
def _erase_if_unwanted(comment: Comment) -> None:
    """Not where a moderator has approved it since we looked. What the filter learned from spam, it keeps."""
    Comment.objects.lock_thread(comment.path)
    if Comment.objects.filter(pk=comment.pk, state=comment.state).exists():
        steps.erase(comment, forget=comment.state != State.SPAM)


def _delete(rows: QuerySet[Any]) -> None:
    """In batches: a year's worth at once would hold everybody up."""
    while numbers := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=numbers).delete()

"""Notifications: new comments for subscribers, held comments for moderators."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import BigIntegerField, QuerySet

from comments.mailing import contents, outgoing
from comments.models import Comment, EmailItem, OutgoingEmail, Subscription
from comments.moderation.steps import ANNOUNCE
from comments.threads import paths
from core import clock
from core.compiled_queries import Given, Prepared
from core.mailing import email_addresses
from core.tasks import queue

Kind = OutgoingEmail.Kind
Scope = Subscription.Scope

BATCH = 500  # subscribers in one transaction
DIGEST = "notify-moderators"  # the task that creates a moderation digest
FIRST_DIGEST_DELAY = timedelta(minutes=10)  # collects the comments that follow soon after
DIGEST_INTERVAL = timedelta(hours=4)


# --- Subscribers ----------------------------------------------------------------------------------------------------


def schedule_announcement(comment: Comment) -> None:
    """Schedule notifications about a newly published comment, within the caller's transaction.

    Costs one query and schedules nothing if the discussion has no subscribers.
    """
    if _ANY_SUBSCRIPTION(discussion=comment.discussion_id):
        queue.enqueue(ANNOUNCE, str(comment.pk))


def _any_subscription() -> QuerySet[Subscription, tuple[int]]:
    subscriptions = Subscription.objects.confirmed().filter(discussion=Given("discussion", BigIntegerField()))
    return subscriptions.order_by().values_list("pk")[:1]


_ANY_SUBSCRIPTION = Prepared(_any_subscription)


def announce(comment: Comment) -> None:
    """Notify everybody whose subscription covers `comment`, once each, except its own writer.

    Notify nobody of a comment that readers cannot see. Safe to repeat: a second call resumes an interrupted one.
    """
    if not Comment.objects.public().counted().filter(pk=comment.pk).exists():
        return
    for subscriptions in _matching_subscriptions(comment):
        last_pk = 0
        while batch_end := _announce_to_batch(comment, subscriptions.filter(pk__gt=last_pk)):
            last_pk = batch_end


def _matching_subscriptions(comment: Comment) -> Iterator[QuerySet[Subscription]]:
    """The subscriptions that cover a comment, the most specific first: their scope is the reason that is given."""
    in_discussion = Subscription.objects.confirmed().filter(discussion=comment.discussion_id)
    answered = {pk for pk in (comment.parent_id, comment.reply_to_id) if pk}
    if answered:
        yield in_discussion.filter(scope=Scope.REPLIES, comment__in=answered)
    yield in_discussion.filter(scope=Scope.THREAD, comment=paths.root_id(comment.path))
    yield in_discussion.filter(scope=Scope.POST)


@transaction.atomic
def _announce_to_batch(comment: Comment, subscriptions: QuerySet[Subscription]) -> int:
    """Add a comment to the emails of the next few subscribers. Return the key of the last one, or 0 if none is left."""
    batch = list(subscriptions.select_for_update(no_key=True).order_by("pk")[:BATCH])
    recipients = _recipients(comment, batch)
    if recipients:
        messages = outgoing.open_notifications(recipients)
        items = [
            EmailItem(message=messages[email], subscription=subscription, comment=comment, email=email)
            for email, subscription in recipients.items()
        ]
        EmailItem.objects.bulk_create(items, ignore_conflicts=True)
        outgoing.schedule_notifications(messages.values())
    return batch[-1].pk if batch else 0


def _recipients(comment: Comment, batch: list[Subscription]) -> dict[str, Subscription]:
    """Subscriptions by email address, without the writer's own and without those already notified of the comment."""
    emails = {subscription.email for subscription in batch}
    notified = set(EmailItem.objects.filter(comment=comment, email__in=emails).values_list("email", flat=True))
    own = email_addresses.canonical(comment.email)
    recipients: dict[str, Subscription] = {}
    for subscription in batch:
        if subscription.email not in notified and email_addresses.canonical(subscription.email) != own:
            recipients.setdefault(subscription.email, subscription)
    return recipients


# --- Moderators -----------------------------------------------------------------------------------------------------


def schedule_digest() -> None:
    """Schedule a moderation digest because a comment was held, within the caller's transaction.

    There is at most one digest in four hours. The task also runs periodically at that interval, so the next digest
    lists what did not fit into the last one.
    """
    last = OutgoingEmail.objects.filter(kind=Kind.QUEUE).order_by("-created_at").first()
    delay = last.created_at + DIGEST_INTERVAL - clock.now() if last else FIRST_DIGEST_DELAY
    queue.enqueue(DIGEST, delay=max(delay, FIRST_DIGEST_DELAY))


@transaction.atomic
def create_digest() -> None:
    """Create a digest of held comments for every moderator, unless all of them were listed in an earlier digest."""
    # The lock makes a concurrent second run find nothing to list. Skip comments that a moderator is deciding on at
    # this moment: this transaction locks several comments, so waiting for one more could deadlock.
    unlisted = Comment.objects.waiting().filter(moderators_told_at=None)
    unlisted = unlisted.select_for_update(no_key=True, skip_locked=True)
    comment_ids = list(unlisted.values_list("pk", flat=True)[: contents.MAX_HELD_COMMENTS])
    emails = contents.moderator_emails() if comment_ids else []
    if not emails:
        return
    now = clock.now()
    Comment.objects.filter(pk__in=comment_ids).update(moderators_told_at=now)
    for email in emails:
        message = OutgoingEmail.objects.create(kind=Kind.QUEUE, email=email, created_at=now)
        queue.enqueue(outgoing.SEND, str(message.pk))

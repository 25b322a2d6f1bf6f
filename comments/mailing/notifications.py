"""Telling by mail: subscribers of new comments, moderators of what waits."""

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
TELL = "tell-moderators"  # the job that makes their digest
FIRST_WAIT = timedelta(minutes=10)  # for what else comes in
BETWEEN_DIGESTS = timedelta(hours=4)


# --- Subscribers ----------------------------------------------------------------------------------------------------


def note_published(comment: Comment) -> None:
    """Have subscribers told of a comment that appears, in the caller's transaction; where nobody has subscribed to
    anything here, one query and no work.
    """
    if _A_WISH(discussion=comment.discussion_id):
        queue.enqueue(ANNOUNCE, str(comment.pk))


def _a_wish() -> QuerySet[Subscription, tuple[int]]:
    wishes = Subscription.objects.confirmed().filter(discussion=Given("discussion", BigIntegerField()))
    return wishes.order_by().values_list("pk")[:1]


_A_WISH = Prepared(_a_wish)


def announce(comment: Comment) -> None:
    """Tell everybody once who subscribed to something that `comment` belongs to, but its own writer.

    A comment that nobody can read is told to nobody. Done again, it goes on where it was broken off.
    """
    if not Comment.objects.public().counted().filter(pk=comment.pk).exists():
        return
    for subscriptions in _subscriptions(comment):
        last = 0
        while number := _tell_batch(comment, subscriptions.filter(pk__gt=last)):
            last = number


def _subscriptions(comment: Comment) -> Iterator[QuerySet[Subscription]]:
    """Those that a comment falls under, the closest first: who subscribed to several is told why by that one."""
    everywhere = Subscription.objects.confirmed().filter(discussion=comment.discussion_id)
    answered = {number for number in (comment.parent_id, comment.reply_to_id) if number}
    if answered:
        yield everywhere.filter(scope=Scope.REPLIES, comment__in=answered)
    yield everywhere.filter(scope=Scope.THREAD, comment=paths.root_number(comment.path))
    yield everywhere.filter(scope=Scope.POST)


@transaction.atomic
def _tell_batch(comment: Comment, subscriptions: QuerySet[Subscription]) -> int:
    """Put a comment into the letters of the next few subscribers; the number of the last one, 0 without any."""
    batch = list(subscriptions.select_for_update(no_key=True).order_by("pk")[:BATCH])
    wishes = _untold(comment, batch)
    if wishes:
        opened = outgoing.open_news(wishes)
        notices = [
            EmailItem(message=opened[email], subscription=wish, comment=comment, email=email)
            for email, wish in wishes.items()
        ]
        EmailItem.objects.bulk_create(notices, ignore_conflicts=True)
        outgoing.post_news(opened.values())
    return batch[-1].pk if batch else 0


def _untold(comment: Comment, batch: list[Subscription]) -> dict[str, Subscription]:
    """By address, without those that were told already and without the writer's own."""
    emails = {wish.email for wish in batch}
    told = set(EmailItem.objects.filter(comment=comment, email__in=emails).values_list("email", flat=True))
    own = email_addresses.canonical(comment.email)
    wishes: dict[str, Subscription] = {}
    for wish in batch:
        if wish.email not in told and email_addresses.canonical(wish.email) != own:
            wishes.setdefault(wish.email, wish)
    return wishes


# --- Moderators -----------------------------------------------------------------------------------------------------


def note_waiting() -> None:
    """Have moderators told that a comment was held, in the caller's transaction. One digest in four hours is enough.

    The job also comes by itself that often: what did not fit into one digest is in the next.
    """
    last = OutgoingEmail.objects.filter(kind=Kind.QUEUE).order_by("-created_at").first()
    wait = last.created_at + BETWEEN_DIGESTS - clock.now() if last else FIRST_WAIT
    queue.enqueue(TELL, delay=max(wait, FIRST_WAIT))


@transaction.atomic
def tell_moderators() -> None:
    """Write a digest of what waits to everybody who decides; nothing where all that waits was told before."""
    # Locked: of two that make one at once, the second finds nothing untold. What a moderator has in hand at this moment
    # is passed over: we hold several comments here, and to wait for one more could be for ever.
    untold = Comment.objects.waiting().filter(moderators_told_at=None)
    untold = untold.select_for_update(no_key=True, skip_locked=True)
    numbers = list(untold.values_list("pk", flat=True)[: contents.MOST_WAITING])
    emails = contents.moderator_emails() if numbers else []
    if not emails:
        return
    moment = clock.now()
    Comment.objects.filter(pk__in=numbers).update(moderators_told_at=moment)
    for email in emails:
        letter = OutgoingEmail.objects.create(kind=Kind.QUEUE, email=email, created_at=moment)
        queue.enqueue(outgoing.POST, str(letter.pk))

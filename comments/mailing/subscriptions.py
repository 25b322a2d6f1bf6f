"""Subscribing to a discussion by email, confirming the email address, and unsubscribing.

An email address receives one confirmation message and nothing else until its owner presses the button behind the link.
The site answers every request alike, whatever it knows about the email address.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from comments.mailing import contents, outgoing
from comments.models import Comment, Discussion, OutgoingEmail, Subscription
from comments.moderation import steps
from comments.screening import rules
from comments.threads import paths
from core import clock
from core.mailing import email_addresses, signed_links
from core.mailing.signed_links import Purpose

Kind = OutgoingEmail.Kind
Scope = Subscription.Scope
State = Comment.State

rules.FirstComment.code = "first"  # the finding of `screening` for a writer whom nobody knows yet


# --- Subscribing ----------------------------------------------------------------------------------------------------


def request_confirmation(comment: Comment, scope: str = "") -> None:
    """Ask the writer of a new comment to confirm their email address, within the comment's transaction.

    `scope` is what they subscribe to: a value of `Subscription.Scope`, or empty. No message is sent if their browser
    has already proved that the email address is theirs.
    """
    email = email_addresses.normalize(comment.email)
    is_proved = comment.email_confirmed_at is not None
    if not email or (not is_proved and not outgoing.may_request(email, comment.network_key)):
        return
    subscription = None
    if scope in Scope.values:
        target = _thread_root(comment) if scope == Scope.THREAD else comment
        subscription = _get_or_create(comment.discussion, Scope(scope), target, email, is_proved=is_proved)
    if not is_proved:
        outgoing.send_requested(
            Kind.CONFIRM, email=email, network_key=comment.network_key, comment=comment, subscription=subscription
        )


@transaction.atomic
def subscribe(
    *,
    discussion: Discussion,
    scope: Scope,
    comment: Comment | None = None,
    email: str,
    network_key: bytes | None,
    is_proved: bool = False,
) -> None:
    """Store a subscription and ask its owner to confirm it. `comment` is any comment of the thread to subscribe to.

    A repeated request does the same work as the first one, whether the subscription is confirmed or not; only the
    worker finds that there is nothing to send. Above the limits it does nothing. No message is sent if the browser has
    already proved that the email address is the visitor's.
    """
    email = email_addresses.normalize(email)
    if not is_proved and not outgoing.may_request(email, network_key):
        return
    target = _thread_root(comment) if comment and scope == Scope.THREAD else comment
    subscription = _get_or_create(discussion, scope, target, email, is_proved=is_proved)
    if not is_proved:
        outgoing.send_requested(Kind.CONFIRM, email=email, network_key=network_key, subscription=subscription)


def _get_or_create(
    discussion: Discussion, scope: Scope, comment: Comment | None, email: str, *, is_proved: bool
) -> Subscription:
    target = None if scope == Scope.POST else comment
    confirmed_at = clock.now() if is_proved else None
    # The lock keeps the subscription from being deleted before the message that asks to confirm it is stored.
    subscription, is_new = Subscription.objects.select_for_update(no_key=True).get_or_create(
        discussion=discussion, scope=scope, comment=target, email=email, defaults={"confirmed_at": confirmed_at}
    )
    if is_proved and not is_new:
        Subscription.objects.filter(pk=subscription.pk, confirmed_at=None).update(confirmed_at=confirmed_at)
    return subscription


def _thread_root(comment: Comment) -> Comment:
    """The first comment of the thread, which subscriptions to the thread refer to."""
    return comment if comment.parent_id is None else Comment.objects.get(pk=paths.root_id(comment.path))


# --- Confirming -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Confirmation:
    """What a confirmation link refers to, as far as it still exists."""

    comment: Comment | None
    subscription: Subscription | None

    @property
    def email(self) -> str:
        found = self.comment or self.subscription
        return found.email if found else ""

    @property
    def discussion_id(self) -> int:
        found = self.comment or self.subscription
        return found.discussion_id if found else 0


def find_confirmation(token: str) -> Confirmation | None:
    """Return what the link with this token confirms.

    Return None if the link has expired or is forged, or if everything it referred to is gone.
    """
    numbers = signed_links.read(Purpose.CONFIRM, token, max_age=contents.CONFIRM_LIFETIME)
    if numbers is None:
        return None
    comment = Comment.objects.filter(pk=numbers[0]).exclude(email="").first()
    subscription = Subscription.objects.filter(pk=numbers[1]).first()
    return Confirmation(comment, subscription) if comment or subscription else None


@transaction.atomic
def confirm(confirmation: Confirmation) -> None:
    """Record that the email address belongs to whoever pressed the button. Repeating it changes nothing."""
    now = clock.now()
    if confirmation.comment:
        Comment.objects.lock_thread(confirmation.comment.path)  # before the subscription, as when posting a comment
    if confirmation.subscription:
        Subscription.objects.filter(pk=confirmation.subscription.pk, confirmed_at=None).update(confirmed_at=now)
    if confirmation.comment:
        unconfirmed = Comment.objects.filter(pk=confirmation.comment.pk, email_confirmed_at=None).exclude(email="")
        unconfirmed.update(email_confirmed_at=now)
        _publish_if_known(confirmation.comment)


def _publish_if_known(comment: Comment) -> None:
    """Publish a comment that was held only because its writer was unknown, if they turn out to be known."""
    comment.refresh_from_db()
    codes = {finding["code"] for finding in comment.findings}
    is_known = Comment.objects.by_known_email(comment.email).exclude(pk=comment.pk).exists()
    if comment.state == State.PENDING and codes == {rules.FirstComment.code} and is_known:
        steps.approve(comment, by=None, reason=_("The writer confirmed an e-mail address that is known here."))


# --- Unsubscribing --------------------------------------------------------------------------------------------------


def unsubscribe(subscription_ids: Sequence[int]) -> None:
    """End subscriptions, and drop notifications that are pending because of them. Ignore those that no longer exist."""
    Subscription.objects.filter(pk__in=subscription_ids).end()


@transaction.atomic
def unsubscribe_all(email: str) -> None:
    """End all subscriptions of an email address, and drop its notifications that have not been sent."""
    Subscription.objects.filter(email=email).end()
    OutgoingEmail.objects.filter(kind=Kind.NEWS, email=email, sent_at=None).delete()

"""Asking for mail about a discussion, confirming the address for it, and ending it.

Nothing is sent to an address but one question, until its owner has pressed a button. Whatever is asked of whatever
address, what can be seen from outside is the same.
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


# --- Asking ---------------------------------------------------------------------------------------------------------


def ask_to_confirm(comment: Comment, scope: str = "") -> None:
    """Ask the writer of a new comment whether the address that came with it is theirs, within its transaction.

    `scope` is what they want to be told of: a value of `Subscription.Scope`, or nothing. An address that their browser
    has proved already needs no mail.
    """
    email = email_addresses.tidy(comment.email)
    is_proved = comment.email_confirmed_at is not None
    if not email or (not is_proved and not outgoing.may_ask(email, comment.network_key)):
        return
    wish = None
    if scope in Scope.values:
        about = _thread_of(comment) if scope == Scope.THREAD else comment
        wish = _wish(comment.discussion, Scope(scope), about, email, is_proved=is_proved)
    if not is_proved:
        outgoing.ask(Kind.CONFIRM, email=email, network_key=comment.network_key, comment=comment, subscription=wish)


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
    """Note somebody's wish and ask them whether it is theirs. `comment` is any of the thread that they mean.

    Asked again, whether confirmed or not, as much is done as the first time: only the worker finds that nothing is to
    be sent. Above the limits nothing is done at all. An address that the browser has proved needs no mail.
    """
    email = email_addresses.tidy(email)
    if not is_proved and not outgoing.may_ask(email, network_key):
        return
    about = _thread_of(comment) if comment and scope == Scope.THREAD else comment
    wish = _wish(discussion, scope, about, email, is_proved=is_proved)
    if not is_proved:
        outgoing.ask(Kind.CONFIRM, email=email, network_key=network_key, subscription=wish)


def _wish(
    discussion: Discussion, scope: Scope, comment: Comment | None, email: str, *, is_proved: bool
) -> Subscription:
    about = None if scope == Scope.POST else comment
    confirmed_at = clock.now() if is_proved else None
    # Locked, or it may be ended before the question about it is stored, which would then lead nowhere.
    wish, is_new = Subscription.objects.select_for_update(no_key=True).get_or_create(
        discussion=discussion, scope=scope, comment=about, email=email, defaults={"confirmed_at": confirmed_at}
    )
    if is_proved and not is_new:
        Subscription.objects.filter(pk=wish.pk, confirmed_at=None).update(confirmed_at=confirmed_at)
    return wish


def _thread_of(comment: Comment) -> Comment:
    """The comment that begins the thread: which is what a thread is subscribed to by."""
    return comment if comment.parent_id is None else Comment.objects.get(pk=paths.root_number(comment.path))


# --- Confirming -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What a mailed question was about, as far as it is still there."""

    comment: Comment | None
    wish: Subscription | None

    @property
    def email(self) -> str:
        found = self.comment or self.wish
        return found.email if found else ""

    @property
    def discussion(self) -> int:
        found = self.comment or self.wish
        return found.discussion_id if found else 0


def asked(token: str) -> Asked | None:
    """What the mail with this link asked; None where it ran out, was never mailed, or all it was about is gone."""
    numbers = signed_links.read(Purpose.CONFIRM, token, max_age=contents.CONFIRM_LASTS)
    if numbers is None:
        return None
    comment = Comment.objects.filter(pk=numbers[0]).exclude(email="").first()
    wish = Subscription.objects.filter(pk=numbers[1]).first()
    return Asked(comment, wish) if comment or wish else None


@transaction.atomic
def confirm(question: Asked) -> None:
    """Enter that the address is its owner's, who wants what was asked for. Done again it changes nothing."""
    moment = clock.now()
    if question.comment:
        Comment.objects.lock_thread(question.comment.path)  # before the wish, as whoever writes there does it
    if question.wish:
        Subscription.objects.filter(pk=question.wish.pk, confirmed_at=None).update(confirmed_at=moment)
    if question.comment:
        unconfirmed = Comment.objects.filter(pk=question.comment.pk, email_confirmed_at=None).exclude(email="")
        unconfirmed.update(email_confirmed_at=moment)
        _let_through(question.comment)


def _let_through(comment: Comment) -> None:
    """Publish a comment that waits for no other reason than that its writer was new, if we do know them."""
    comment.refresh_from_db()
    codes = {finding["code"] for finding in comment.findings}
    is_known = Comment.objects.by_known_email(comment.email).exclude(pk=comment.pk).exists()
    if comment.state == State.PENDING and codes == {rules.FirstComment.code} and is_known:
        steps.approve(comment, by=None, reason=_("The address was confirmed, and its owner is known here."))


# --- Ending ---------------------------------------------------------------------------------------------------------


def unsubscribe(numbers: Sequence[int]) -> None:
    """End subscriptions; what was about to be told because of them is not. Those that ended are no matter."""
    Subscription.objects.filter(pk__in=numbers).end()


@transaction.atomic
def stop_all(email: str) -> None:
    """End all that an address is subscribed to, and drop the letters of news that have not left."""
    Subscription.objects.filter(email=email).end()
    OutgoingEmail.objects.filter(kind=Kind.NEWS, email=email, sent_at=None).delete()

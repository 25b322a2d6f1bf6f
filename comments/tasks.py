"""The jobs of the upper floor."""

from datetime import timedelta

from comments import personal_data
from comments.mailing import notifications, outgoing
from comments.models import Comment, OutgoingEmail
from comments.moderation import retention
from comments.moderation.steps import ANNOUNCE
from core.tasks.queue import job

DAY = timedelta(days=1)


@job(ANNOUNCE)
def announce_comment(argument: str) -> None:
    """Tell subscribers of a comment that has just appeared. `argument` is its number."""
    if comment := Comment.objects.counted().filter(pk=argument).first():
        notifications.announce(comment)


@job(outgoing.POST)
def post_letter(argument: str) -> None:
    """Send a letter. `argument` is its number."""
    outgoing.send(int(argument))


@job(notifications.TELL, every=notifications.BETWEEN_DIGESTS)
def tell_moderators(argument: str) -> None:
    """Write the digest of what waits, if something waits that was in none."""
    notifications.tell_moderators()


@job(personal_data.ERASE)
def erase_email(argument: str) -> None:
    """Go on with an erasure that was broken off. `argument` is the number of the letter that led to it."""
    if letter := OutgoingEmail.objects.filter(pk=argument).first():
        personal_data.erase(letter.email)


@job("forget-letters", every=DAY)
def forget_letters(argument: str) -> None:
    retention.delete_old_emails()


@job("forget-unconfirmed-wishes", every=DAY)
def forget_unconfirmed_wishes(argument: str) -> None:
    retention.delete_unconfirmed_subscriptions()


@job("forget-unwanted-comments", every=DAY)
def forget_unwanted_comments(argument: str) -> None:
    retention.erase_unwanted_comments()

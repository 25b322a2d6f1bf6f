"""Background tasks of the comments app."""

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
    """Notify subscribers of a new comment. `argument` is its primary key."""
    if comment := Comment.objects.counted().filter(pk=argument).first():
        notifications.announce(comment)


@job(outgoing.SEND)
def send_email(argument: str) -> None:
    """Send an outgoing email. `argument` is its primary key."""
    outgoing.send(int(argument))


@job(notifications.DIGEST, every=notifications.DIGEST_INTERVAL)
def notify_moderators(argument: str) -> None:
    """Create the digest of held comments, if any of them has not been in a digest yet."""
    notifications.create_digest()


@job(personal_data.ERASE)
def resume_erasure(argument: str) -> None:
    """Resume an interrupted erasure. `argument` is the primary key of the message whose link started it."""
    if message := OutgoingEmail.objects.filter(pk=argument).first():
        personal_data.erase(message.email)


@job("forget-emails", every=DAY)
def forget_emails(argument: str) -> None:
    """Delete outgoing email that is no longer needed."""
    retention.delete_old_emails()


@job("forget-unconfirmed-subscriptions", every=DAY)
def forget_unconfirmed_subscriptions(argument: str) -> None:
    """Delete subscriptions that nobody confirmed in time."""
    retention.delete_unconfirmed_subscriptions()


@job("forget-unwanted-comments", every=DAY)
def forget_unwanted_comments(argument: str) -> None:
    """Erase rejected, deleted and spam comments after their retention time."""
    retention.erase_unwanted_comments()

"""The jobs of the upper floor."""

from datetime import timedelta

from blog.worker import job
from comments import notifying, retention
from comments.models import Comment
from comments.moderation import ANNOUNCE


@job(ANNOUNCE)
def announce_comment(argument: str) -> None:
    """Tell subscribers of a comment that has just appeared. `argument` is its number."""
    if comment := Comment.objects.counted().filter(pk=argument).first():
        notifying.announce(comment)


@job("forget-networks-of-comments", every=timedelta(days=1), at_start=True)
def forget_networks(argument: str) -> None:
    """Forget whose networks the destroyed keys named."""
    retention.forget_networks()

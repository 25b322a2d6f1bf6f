"""The jobs of the upper floor."""

from blog.worker import job
from comments import notifying
from comments.models import Comment
from comments.moderation import ANNOUNCE


@job(ANNOUNCE)
def announce_comment(argument: str) -> None:
    """Tell subscribers of a comment that has just appeared. `argument` is its number."""
    if comment := Comment.objects.counted().filter(pk=argument).first():
        notifying.announce(comment)

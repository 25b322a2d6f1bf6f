"""Telling by mail: subscribers of new comments, moderators of what waits."""

from comments.models import Comment


def announce(comment: Comment) -> None:
    """Tell everybody once who subscribed to something that `comment` belongs to."""

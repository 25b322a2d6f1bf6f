"""Telling by mail: subscribers of new comments, moderators of what waits."""

from comments.models import Comment


def announce(comment: Comment) -> None:
    """Tell everybody once who subscribed to something that `comment` belongs to."""


def note_published(comment: Comment) -> None:
    """Have subscribers told of a comment that appears, if there are any."""


def note_waiting() -> None:
    """Have moderators told that something waits."""

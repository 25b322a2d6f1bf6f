"""What must be true of every discussion at any time."""

from blog.models import Post
from comments.models import Comment
from comments.moderation import integrity


def assert_whole(post: Post) -> None:
    assert integrity.faults(post.pk) == []


def shown(post: Post) -> list[str]:
    """The texts of comments and tombstones that readers see, in order."""
    return [comment.source for comment in Comment.objects.shown_in(post.pk)]

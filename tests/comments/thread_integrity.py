"""What must hold of a discussion after whatever happened."""

from blog.models import Post
from comments.models import Comment
from comments.moderation import integrity


def assert_whole(post: Post) -> None:
    assert integrity.faults(post.pk) == []


def shown(post: Post) -> list[str]:
    """The words and marks that readers find, in their order."""
    return [comment.source for comment in Comment.objects.shown_in(post.pk)]

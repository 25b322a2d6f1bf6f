"""What must hold of a discussion after whatever happened."""

from blog.models import Post
from comments import checking
from comments.models import Comment


def assert_whole(post: Post) -> None:
    assert checking.faults(post.pk) == []


def shown(post: Post) -> list[str]:
    """The words and marks that readers find, in their order."""
    return [comment.source for comment in Comment.objects.shown_in(post.pk)]

"""The names under which cached pages depend on posts; `blog.cache_triggers` invalidates them."""

from collections.abc import Iterable

from blog.models import Post

POSTS = "posts"  # which posts there are, and what lists show of them


def tags_of(posts: Iterable[Post]) -> list[str]:
    """The tags of pages that show these posts, with their comments."""
    return [f"post:{post.pk}" for post in posts]

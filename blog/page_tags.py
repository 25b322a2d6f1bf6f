"""The names under which cached pages depend on posts; `blog.cache_triggers` invalidates them."""

from collections.abc import Iterable

from blog.models import Post

POSTS = "posts"  # which posts there are, and what lists show of them


def article_tag(post: Post) -> str:
    """The tag of what the page of a post shows above its comments."""
    return f"article:{post.pk}"


def tags_of(posts: Iterable[Post]) -> list[str]:
    """The tags of pages that show these posts, with their comments."""
    return [f"post:{post.pk}" for post in posts]

"""Loading a post with what its page shows, and posts with what feeds show."""

from django.db.models import CharField, Prefetch, QuerySet, prefetch_related_objects

from blog.models import Credit, Post, PostQuerySet
from core.compiled_queries import Given, Prepared

MARKDOWN_SOURCES = ("introduction", "body", "repost__text", "repost__shown__text")  # pages show only their HTML


def load_post(slug: str) -> Post | None:
    """Return the post with this slug, in any status, with blog, author, repost and discussion, or None.

    Tags, credits and videos are not loaded: `load_parts` does that when a template needs them.
    """
    return next(iter(_POST(slug=slug)), None)


def load_parts(*posts: Post) -> None:
    """Load tags, credits and videos of the posts, in three queries, unless that has been done."""
    prefetch_related_objects(posts, "tags", _credits(), "videos")


def load_feed_posts(posts: PostQuerySet) -> list[Post]:
    """Load posts with everything a feed shows, including their texts, in three queries."""
    return list(posts.with_relations().prefetch_related(_credits(), "videos"))


def _post() -> QuerySet[Post]:
    posts = Post.objects.filter(slug=Given("slug", CharField()))
    return posts.with_relations().defer(*MARKDOWN_SOURCES).order_by()


_POST = Prepared(_post)


def _credits() -> Prefetch[str]:
    return Prefetch("credits", Credit.objects.select_related("person"))

"""What feed entries and structured data tell about the discussion of a post.

The post comes with its discussion, so these functions need no query.
"""

from blog.models import Post
from blog.reading.json_ld import Node
from comments.threads import feeds
from comments.threads.pages import visible_discussion


def replies_link(post: Post) -> dict[str, str]:
    """Return the attributes of the link from a post's feed entry to its comment feed; empty without a discussion."""
    discussion = visible_discussion(post)
    if discussion is None:
        return {}
    link = {
        "xmlns:thr": feeds.THREADING_NAMESPACE,
        "rel": "replies",
        "type": feeds.ATOM,
        "href": f"{post.blog.base_url}{feeds.comment_feed_path(post)}",
        "thr:count": str(discussion.count),
    }
    if discussion.last_published_at:
        link["thr:updated"] = discussion.last_published_at.isoformat(timespec="seconds")
    return link


def comment_count(post: Post) -> Node:
    """Return the properties that a discussion adds to the post's schema.org BlogPosting."""
    discussion = visible_discussion(post)
    return {"commentCount": discussion.count} if discussion else {}

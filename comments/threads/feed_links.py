"""What the entries and the data of a post say of its discussion. The post comes with it, so this asks no database."""

from blog.models import Post
from blog.reading.json_ld import Node
from comments.threads import feeds
from comments.threads.pages import visible_discussion


def replies_link(post: Post) -> dict[str, str]:
    """The attributes of the link from a post's entry to the feed of its comments; none where readers see none."""
    discussion = visible_discussion(post)
    if discussion is None:
        return {}
    link = {
        "xmlns:thr": feeds.THREADING,
        "rel": "replies",
        "type": feeds.ATOM,
        "href": f"{post.blog.base_url}{feeds.comments_address(post)}",
        "thr:count": str(discussion.count),
    }
    if discussion.last_published_at:
        link["thr:updated"] = discussion.last_published_at.isoformat(timespec="seconds")
    return link


def posting(post: Post) -> Node:
    """What schema.org's posting says of it."""
    discussion = visible_discussion(post)
    return {"commentCount": discussion.count} if discussion else {}

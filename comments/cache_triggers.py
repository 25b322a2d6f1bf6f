"""What of this floor readers see, for the page cache: see `core.page_cache.triggers`."""

from core.page_cache.triggers import Watched

# A new comment only adds, and its discussion tells of it. What readers see of one that they saw counts as taken away:
# it may have been edited, hidden or erased.
SEEN = (
    "discussion_id",
    "parent_id",
    "reply_to_id",
    "path",
    "state",
    "shown",
    "name",
    "url",
    "person_id",
    "badge",
    "html",
    "language",
    "created_at",
    "published_at",
    "edited_at",
)
WATCHED = [
    Watched(
        "comments_discussion",
        "'post:' || {row}.post_id || ' comments'",
        columns=("state", "closes_at", "stays_open", "count", "version", "last_published_at"),
        hard="OLD.state <> NEW.state",
        inserts=False,
    ),
    Watched(
        "comments_comment",
        "'post:' || {row}.discussion_id || ' comments'",
        columns=SEEN,
        inserts=False,
        when="{row}.shown",
    ),
]

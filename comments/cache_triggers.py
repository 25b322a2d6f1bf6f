"""The tables of this app that public pages are made of (`core.page_cache.triggers`)."""

from core.page_cache.triggers import WatchedTable

COMMENTS = "comments"  # the tag of pages that show the latest comments on all posts

# A new comment only adds, and invalidates through its discussion. A change to a comment that readers have seen counts
# as hard: it may have been edited, hidden or erased.
COMMENT_COLUMNS = (
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
TABLES = [
    WatchedTable(
        "comments_discussion",
        f"'post:' || {{row}}.post_id || ' {COMMENTS}'",
        columns=("state", "closes_at", "stays_open", "count", "version", "last_published_at"),
        hard="OLD.state <> NEW.state",
        inserts=False,
    ),
    WatchedTable(
        "comments_comment",
        f"'post:' || {{row}}.discussion_id || ' {COMMENTS}'",
        columns=COMMENT_COLUMNS,
        inserts=False,
        when="{row}.shown",
    ),
]

"""The tables of this app that public pages are made of (`core.page_cache.triggers`)."""

from blog.page_tags import POSTS
from core.page_cache.triggers import EVERYTHING, WatchedTable

TAGS = f"'post:' || {{id}} || ' article:' || {{id}} || ' {POSTS}'"  # see `blog.page_tags`
OF_POST = TAGS.format(id="{row}.post_id")
OF_REPOST = f"(SELECT {TAGS.format(id='post_id')} FROM blog_repost WHERE id = {{row}}.repost_id)"  # noqa: S608
# Without the columns in which the availability check records its results.
VIDEO_COLUMNS = (
    *("post_id", "part", "text", "position", "page_url", "file", "file_size"),
    *("provider", "provider_host", "provider_id", "start"),
    *("title", "duration", "uploaded_on", "creator", "creator_url", "licence_name", "licence_url", "note"),
    *("poster", "poster_alt", "transcript", "captions", "captions_language", "ai_origin", "archive_url", "status"),
)
TABLES = [
    WatchedTable("blog_blog", EVERYTHING),
    WatchedTable("blog_person", EVERYTHING),
    WatchedTable("blog_tag", EVERYTHING),
    WatchedTable("blog_post", TAGS.format(id="{row}.id")),
    WatchedTable("blog_post_tags", OF_POST),
    WatchedTable("blog_credit", OF_POST),
    WatchedTable("blog_repost", OF_POST),
    WatchedTable("blog_wording", OF_REPOST),
    WatchedTable("blog_video", OF_POST, columns=VIDEO_COLUMNS),
    WatchedTable("blog_permissionevent", OF_REPOST),
]

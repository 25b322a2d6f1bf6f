"""The admin of comments. Django imports this package, and with it every registration."""

from blog.admin import start_page as blog_attention
from comments.admin import bans, comments, discussions, start_page, system

blog_attention.SOURCES.append(("comments.change_comment", start_page.waiting))

__all__ = ["bans", "comments", "discussions", "start_page", "system"]

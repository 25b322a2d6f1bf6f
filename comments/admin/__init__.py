"""Moderation. Django imports this module and with it every registration."""

from blog.admin import attention as blog_attention
from comments.admin import attention, bans, comments, discussions, lists

blog_attention.SOURCES.append(("comments.change_comment", attention.waiting))

__all__ = ["attention", "bans", "comments", "discussions", "lists"]

"""The admin of comments. Django imports this package, and with it every registration."""

from comments.admin import bans, comments, discussions, start_page, system

__all__ = ["bans", "comments", "discussions", "start_page", "system"]

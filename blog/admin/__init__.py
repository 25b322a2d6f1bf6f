"""The rooms of the house that only staff enter. Django imports this module and with it every registration."""

from blog.admin import answers, blogs, ledger, people, posts, videos, work

__all__ = ["answers", "blogs", "ledger", "people", "posts", "videos", "work"]

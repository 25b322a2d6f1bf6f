"""The rooms of the house that only staff enter. Django imports this module and with it every registration."""

from blog.admin import blogs, ledger, people, posts, requests_and_disputes, videos

__all__ = ["blogs", "ledger", "people", "posts", "requests_and_disputes", "videos"]

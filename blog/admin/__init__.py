"""The admin pages of the blog. Django imports this module, which imports every registration."""

from blog.admin import blogs, ledger, people, posts, requests_and_disputes, videos

__all__ = ["blogs", "ledger", "people", "posts", "requests_and_disputes", "videos"]

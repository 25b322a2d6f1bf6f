"""Keeps public pages in memory, ready to be sent, and throws them away as soon as they may be out of date.

A view says with `depends_on` what its page was made of; a page that says nothing is not kept. The database notes each
change itself (`triggers`), in the transaction that makes it. `freshness` reads the notes, `pages` keeps what was made,
`layer` stands between the web server and Django, on SQLite with `maker` behind it.
"""

from collections.abc import Iterable

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest

from blog.models import Post
from core.page_cache.layer import TAGS, PageCache
from core.page_cache.threads import Maker
from core.server.request_bodies import WsgiApplication

# Tags that are no post's own: which posts there are and what they say, and which comments.
POSTS, COMMENTS = "posts", "comments"


def depends_on(request: HttpRequest, *tags: str, posts: Iterable[Post] = ()) -> None:
    """Say that the answer to `request` shows what has these `tags`, and these posts with their comments."""
    known: set[str] = request.META.setdefault(TAGS, set())
    known.update(tags, (f"post:{post.pk}" for post in posts))


def in_front_of(application: WSGIHandler) -> WsgiApplication:
    """`application` with the cache before it, unless the settings leave no room for one."""
    made = Maker(application) if connection.vendor == "sqlite" else application
    return PageCache(made, room=settings.PAGE_CACHE_BYTES) if settings.PAGE_CACHE_BYTES else made

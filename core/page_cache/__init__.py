"""Stores public pages in memory, ready to be sent, and evicts them as soon as they may be out of date.

A view declares in `policy` that its pages may be cached, and what they depend on. Database triggers (`triggers`) record
each change in the transaction that makes it. `change_log` reads these records, `freshness` knows what they invalidate,
`pages` stores the pages, and `layer` stands between the web server and Django. On SQLite, `threads` stands behind it.
"""

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection

from core.page_cache.fragments import FragmentVersions
from core.page_cache.layer import PageCache
from core.page_cache.policy import cached_page, depends_on, public_cache_control, runs_in_write_thread
from core.page_cache.threads import DedicatedThreads
from core.server.request_bodies import WsgiApplication

__all__ = [
    "FragmentVersions",
    "cached_page",
    "depends_on",
    "public_cache_control",
    "runs_in_write_thread",
    "with_page_cache",
]


def with_page_cache(application: WSGIHandler) -> WsgiApplication:
    """Put the page cache in front of `application`. It stores no pages if PAGE_CACHE_BYTES is 0."""
    return PageCache(with_dedicated_threads(application), max_bytes=settings.PAGE_CACHE_BYTES)


def with_dedicated_threads(application: WSGIHandler) -> WsgiApplication:
    """Run pages and comments in threads of their own if the database is SQLite."""
    return DedicatedThreads(application) if connection.vendor == "sqlite" else application

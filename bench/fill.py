"""A separate process that fills a database: `python -m bench.fill POSTS COMMENTS`.

The bulk of the posts is written with plain inserts. A few featured posts go through the usual services; they have a
repost, a video and a long discussion. `targets.json` in DATA then lists the paths of all pages to measure.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from bench.progress import say

TARGETS = "targets.json"
FEATURED = (50, 100, 200)  # comments, each under a post of its own


def main(posts: int, comments: int) -> None:
    from blog.models import Post
    from core.management.commands import serve

    say(f"Filling {settings.DATA.name}: {posts:,} posts, {comments:,} comments under one of them …")
    call_command("migrate", verbosity=0)
    if Post.objects.exists():  # filled before with other sizes, or interrupted
        call_command("flush", interactive=False, verbosity=0)
    serve.collect_static_files()  # or the first start would do it and seem slow
    with fast_writes(), without_invalidation():
        found = populate(posts, comments)
    settle()
    (settings.DATA / TARGETS).write_text(json.dumps(found, indent=1), encoding="utf-8")


def populate(posts: int, comments: int) -> dict[str, Any]:
    """Fill an empty database. Return the paths of the pages to measure by name."""
    from bench import bulk_posts, featured  # these import models

    cast = featured.load_cast()
    found: dict[str, Any] = {"posts": posts, "comments": comments, **bulk_posts.fill(cast.host, posts)}
    found |= featured.fill_busy(cast) | featured.fill(cast, sorted({*FEATURED, comments}))
    featured.teach_the_rules()
    return found


@contextmanager
def without_invalidation() -> Iterator[None]:
    """Disable the triggers that record changes for the page cache.

    No server is running yet that could have cached a page, and a million rows of changes would double the time.
    """
    from core.page_cache import triggers  # imports models

    triggers.remove(connection.alias)
    yield
    triggers.install(connection.alias)


@contextmanager
def fast_writes() -> Iterator[None]:
    """Trade durability for speed: the data need not survive a crash."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for pragma in ("synchronous=OFF", "secure_delete=OFF", "cache_size=-500000", "temp_store=MEMORY"):
                cursor.execute(f"PRAGMA {pragma}")
    yield


def settle() -> None:
    """Leave the database in the state of a site that has been running for long."""
    with connection.cursor() as cursor:
        # No ANALYZE on SQLite: a real site does not run it either. PostgreSQL analyzes by itself.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    connection.close()


if __name__ == "__main__":
    django.setup()
    main(*map(int, sys.argv[1:]))

"""A process of its own that fills a database: `python -m bench.fill POSTS COMMENTS`.

The crowd of posts goes in by bare inserts. A few posts to be looked at go the way of every post, with reposted words
and a video, and have long discussions. `targets.json` in DATA then says where everything is.
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
    if Post.objects.exists():  # an earlier filling with other sizes, or one that was broken off
        call_command("flush", interactive=False, verbosity=0)
    serve.collect_static_files()  # else the first start would do it, and seem slow
    with hurried(), without_bumps():
        found = put(posts, comments)
    settle()
    (settings.DATA / TARGETS).write_text(json.dumps(found, indent=1), encoding="utf-8")


def put(posts: int, comments: int) -> dict[str, Any]:
    """Everything into an empty database; returns where it is."""
    from bench import crowd, featured  # they need the models

    cast = featured.load_cast()
    found: dict[str, Any] = {"posts": posts, "comments": comments, **crowd.fill(cast.host, posts)}
    found |= featured.fill_busy(cast) | featured.fill(cast, sorted({*FEATURED, comments}))
    featured.teach_the_rules()
    return found


@contextmanager
def without_bumps() -> Iterator[None]:
    """The place where filling switches off what writes to these tables by itself: triggers that tell the page cache
    of changes. No server runs yet that could have kept a page, and a million rows of news would take as long again.
    """
    from core.page_cache import triggers  # it needs the models

    triggers.remove(connection.alias)
    yield
    triggers.install(connection.alias)


@contextmanager
def hurried() -> Iterator[None]:
    """Nothing here has to outlive a crash."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for pragma in ("synchronous=OFF", "secure_delete=OFF", "cache_size=-500000", "temp_store=MEMORY"):
                cursor.execute(f"PRAGMA {pragma}")
    yield


def settle() -> None:
    """Leave the database as a server finds it that ran for long."""
    with connection.cursor() as cursor:
        # SQLite is not told to ANALYZE: nothing on a real site does it either. PostgreSQL does it by itself.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    connection.close()


if __name__ == "__main__":
    django.setup()
    main(*map(int, sys.argv[1:]))

"""The database records every change that readers can see, however it is made."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from blog.models import Person, Post
from comments import cache_triggers
from comments.models import Comment
from comments.threads.rows import CommentData
from core.extension_points import WATCHED_TABLES
from core.models import Invalidation
from core.page_cache import triggers
from core.tasks import periodic
from tests.conftest import MakePost

# No cached page shows anything of these.
UNSEEN = {
    *("core_invalidation", "core_task", "core_networkkey", "blog_oldslug"),
    *("blog_evidence", "blog_dispute", "blog_permissionrequest", "blog_authorlink"),
    *("comments_commentevent", "comments_commentrevision", "comments_ban", "comments_spamtoken"),
    *("comments_subscription", "comments_outgoingemail", "comments_emailitem"),
}

pytestmark = pytest.mark.django_db


def recorded() -> set[tuple[str, bool]]:
    """The tags that were recorded since the last call, and whether the change was hard."""
    found = set(Invalidation.objects.values_list("tags", "hard"))
    Invalidation.objects.all().delete()
    return found


def test_every_table_is_either_watched_or_unseen() -> None:
    models = [model for app in ("core", "blog", "comments") for model in apps.get_app_config(app).get_models(True)]
    tables = {model._meta.db_table for model in models}
    watched = {watched.table for watched in WATCHED_TABLES}
    assert tables == watched | UNSEEN
    assert not watched & UNSEEN


def test_the_watched_columns_exist() -> None:
    columns = {
        model._meta.db_table: {field.column for field in model._meta.local_fields}
        for model in apps.get_models(include_auto_created=True)
    }
    assert [watched.table for watched in WATCHED_TABLES if set(watched.columns) - columns[watched.table]] == []


def test_every_column_that_a_comment_shows_is_watched() -> None:
    seen = {
        field.column for field in Comment._meta.local_fields if {field.name, field.attname} & set(CommentData._fields)
    }
    assert seen | {"html", "created_at", "published_at"} <= set(cache_triggers.COMMENT_COLUMNS)


def test_a_row_that_moves_invalidates_both_posts(make_post: MakePost) -> None:
    one, other = make_post("one"), make_post("other")
    clip = one.videos.create(page_url="https://x.example/", provider="link")
    recorded()
    type(clip).objects.update(post=other)
    tags = (f"post:{post.pk} article:{post.pk} posts" for post in (one, other))
    assert recorded() == {(tag, True) for tag in tags}


def test_a_row_without_its_parent_invalidates_everything(permitted_repost: Post) -> None:
    recorded()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("UPDATE blog_permissionevent SET repost_id = 0")
    assert ("site", True) in recorded()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE blog_permissionevent SET repost_id = %s", [permitted_repost.repost.pk])


@pytest.mark.django_db(transaction=True)
def test_triggers_that_a_migration_lost_are_restored(host: Person) -> None:
    """To change a column, SQLite creates a new table without the triggers of the old one."""
    whole = triggers._present(connection)
    with connection.cursor() as cursor:
        cursor.execute(triggers._drop(connection, min(whole)))
    call_command("migrate", verbosity=0)
    assert triggers._present(connection) == whole
    triggers.remove("default")
    recorded()
    Person.objects.update(name="Not recorded")
    assert recorded() == set()
    triggers.install("default")
    Person.objects.update(name="Recorded")
    assert recorded() == {("site", True)}


def test_installing_again_changes_nothing(django_assert_max_num_queries: object) -> None:
    with connection.execute_wrapper(refuse_changes):
        triggers.install("default")


def refuse_changes(execute: object, sql: str, params: object, many: bool, context: object) -> object:
    assert "TRIGGER" not in sql, "it would lock tables of a running site"
    return execute(sql, params, many, context)  # type: ignore[operator]


def test_old_invalidations_are_deleted(own_post: Post) -> None:
    assert Invalidation.objects.exists()
    periodic.delete_old_invalidations("")
    assert Invalidation.objects.exists(), "every process has an hour to read them"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_invalidation SET at = '2026-01-01 00:00:00'")
    periodic.delete_old_invalidations("")
    assert not Invalidation.objects.exists()

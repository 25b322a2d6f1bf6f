"""The database notes every change that readers see, however it is made."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from blog.models import Person, Post
from comments import cache_triggers
from comments.models import Comment
from comments.threads.rows import Shown
from core.extension_points import WATCHED_TABLES
from core.models import Invalidation
from core.page_cache import triggers
from core.tasks import periodic
from tests.conftest import MakePost

# No page that anybody may keep shows anything of these.
UNSEEN = {
    *("core_invalidation", "core_task", "core_networkkey", "blog_oldslug"),
    *("blog_evidence", "blog_dispute", "blog_permissionrequest", "blog_authorlink"),
    *("comments_commentevent", "comments_commentrevision", "comments_ban", "comments_spamtoken"),
    *("comments_subscription", "comments_outgoingemail", "comments_emailitem"),
}

pytestmark = pytest.mark.django_db


def noted() -> set[tuple[str, bool]]:
    """What was noted since the last time."""
    found = set(Invalidation.objects.values_list("tags", "hard"))
    Invalidation.objects.all().delete()
    return found


def test_of_every_table_it_is_decided_whether_readers_see_it() -> None:
    models = [model for app in ("blog", "comments") for model in apps.get_app_config(app).get_models(True)]
    tables = {model._meta.db_table for model in models}
    watched = {kind.table for kind in WATCHED_TABLES}
    assert tables == watched | UNSEEN
    assert not watched & UNSEEN


def test_columns_that_are_named_exist() -> None:
    columns = {
        model._meta.db_table: {field.column for field in model._meta.local_fields}
        for model in apps.get_models(include_auto_created=True)
    }
    assert [kind.table for kind in WATCHED_TABLES if set(kind.columns) - columns[kind.table]] == []


def test_every_column_that_a_comment_is_shown_by_is_watched() -> None:
    seen = {field.column for field in Comment._meta.local_fields if {field.name, field.attname} & set(Shown._fields)}
    assert seen | {"html", "created_at", "published_at"} <= set(cache_triggers.COMMENT_COLUMNS)


def test_a_row_that_moves_is_noted_where_it_was_and_where_it_is(make_post: MakePost) -> None:
    one, other = make_post("one"), make_post("other")
    clip = one.videos.create(page_url="https://x.example/", provider="link")
    noted()
    type(clip).objects.update(post=other)
    assert noted() == {(f"post:{one.pk} posts", True), (f"post:{other.pk} posts", True)}


def test_what_belongs_to_a_row_that_is_gone_counts_for_everything(permitted_repost: Post) -> None:
    noted()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("UPDATE blog_permissionevent SET repost_id = 0")
    assert ("site", True) in noted()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE blog_permissionevent SET repost_id = %s", [permitted_repost.repost.pk])


@pytest.mark.django_db(transaction=True)
def test_what_a_migration_lost_or_left_behind_is_put_right(host: Person) -> None:
    """SQLite makes a table anew to change a column, without its triggers."""
    whole = triggers._present(connection)
    with connection.cursor() as cursor:
        cursor.execute(triggers._drop(connection, min(whole)))
    call_command("migrate", verbosity=0)
    assert triggers._present(connection) == whole
    triggers.remove("default")
    noted()
    Person.objects.update(name="Nobody noted this")
    assert noted() == set()
    triggers.install("default")
    Person.objects.update(name="Somebody did")
    assert noted() == {("site", True)}


def test_installing_again_changes_nothing(django_assert_max_num_queries: object) -> None:
    with connection.execute_wrapper(refuse_changes):
        triggers.install("default")


def refuse_changes(execute: object, sql: str, params: object, many: bool, context: object) -> object:
    assert "TRIGGER" not in sql, "tables of a site that runs would be locked"
    return execute(sql, params, many, context)  # type: ignore[operator]


def test_old_notes_go(own_post: Post) -> None:
    assert Invalidation.objects.exists()
    periodic.delete_old_invalidations("")
    assert Invalidation.objects.exists(), "every process has an hour to read them"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_invalidation SET at = '2026-01-01 00:00:00'")
    periodic.delete_old_invalidations("")
    assert not Invalidation.objects.exists()

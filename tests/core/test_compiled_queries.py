"""Queries that are written once, and what they bring of a post."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from blog.models import Credit, Person, Post, Tag
from blog.reading.post_page import load_parts, load_post
from core.compiled_queries import Given, Prepared, PreparedInsert, PreparedUpdate
from core.models import NetworkKey
from tests.conftest import MakePost


def test_a_written_query_answers_every_question_anew(make_post: MakePost) -> None:
    find = Prepared(lambda: Post.objects.filter(slug=Given("slug", models.CharField())))
    one, two = make_post("one"), make_post("two")
    assert [find(slug="one"), find(slug="two"), find(slug="three")] == [[one], [two], []]
    two.delete()
    assert find(slug="two") == []


def test_a_written_update_changes_what_it_is_told_and_no_more(make_post: MakePost) -> None:
    one, two = make_post("one"), make_post("two")
    found = Post.objects.filter(slug=Given("slug", models.CharField()))
    rename = PreparedUpdate(lambda: (found, {"title": Given("title", models.CharField())}))
    for post, title in ((one, "First"), (two, "Second"), (one, "Third")):
        rename(slug=post.slug, title=title)
    assert dict(Post.objects.values_list("slug", "title")) == {"one": "Third", "two": "Second"}


@pytest.mark.django_db
def test_a_written_insert_stores_what_a_save_stores(noon: datetime) -> None:
    store, secret = PreparedInsert(NetworkKey), b"\0\xff%s" * 8
    for week in (noon.date(), noon.date() - timedelta(days=7)):
        row = NetworkKey(week=week, secret=secret, created_at=noon)
        store(row)
        assert not row._state.adding
        stored = NetworkKey.objects.get(week=week)
        assert (bytes(stored.secret), stored.created_at) == (secret, noon)
    with pytest.raises(IntegrityError), transaction.atomic():
        store(NetworkKey(week=noon.date(), secret=b"another"))
    store_tag = PreparedInsert(Tag)
    store_tag(Tag(name="One", slug="one"))
    assert Tag.objects.get().pk


def test_it_is_written_at_its_first_use_and_once(make_post: MakePost) -> None:
    written: list[str] = []

    def build() -> models.QuerySet[Post]:
        written.append("written")
        return Post.objects.filter(pk=Given("pk", models.BigIntegerField()))

    find = Prepared(build)
    assert written == []
    post = make_post()
    with CaptureQueriesContext(connection) as queries:
        assert find(pk=post.pk) == find(pk=post.pk) == [post]
    assert written == ["written"]
    assert len(queries) == 2


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_over_its_own_connection(make_post: MakePost) -> None:
    find = Prepared(lambda: Post.objects.filter(pk=Given("pk", models.BigIntegerField())))
    post = make_post()
    assert find(pk=post.pk) == [post]
    found: list[Post] = []

    def ask() -> None:
        found.extend(find(pk=post.pk))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [post]


def test_words_that_never_change_stand_in_the_query(make_post: MakePost) -> None:
    find = Prepared(lambda: Post.objects.filter(status="published", slug=Given("slug", models.CharField())))
    post = make_post()
    with CaptureQueriesContext(connection) as queries:
        assert find(slug=post.slug) == [post]
    assert "'published'" in queries[0]["sql"]
    odd = Prepared(lambda: Post.objects.filter(title__in=["it's", "100 %s", "published"]))
    quoted = make_post("quoted", title="it's"), make_post("percent", title="100 %s")
    assert {*odd()} == {*quoted}


@pytest.mark.django_db
def test_who_stands_in_the_way_of_queries_sees_a_written_one() -> None:
    seen: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    find = Prepared(lambda: Tag.objects.filter(slug=Given("slug", models.CharField())))
    find(slug="one")
    with connection.execute_wrapper(watch):
        find(slug="one")
    assert len(seen) == 1


@pytest.mark.django_db
def test_nothing_is_asked_in_a_transaction_that_is_broken() -> None:
    find = Prepared(lambda: Tag.objects.filter(slug=Given("slug", models.CharField())))
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            find(slug="one")


@pytest.mark.django_db
def test_a_percent_sign_in_a_written_query_is_one() -> None:
    Tag.objects.create(name="100 %", slug="hundred")
    percent = models.Value("100 %")
    find = Prepared(lambda: Tag.objects.filter(name=percent, slug=Given("slug", models.CharField())))
    assert [tag.name for tag in find(slug="hundred")] == ["100 %"]
    like = Prepared(lambda: Tag.objects.filter(name__contains="0 %").filter(slug=Given("slug", models.CharField())))
    assert [tag.name for tag in like(slug="hundred")] == ["100 %"]


def test_only_models_and_tuples_are_read() -> None:
    with pytest.raises(TypeError, match="Only models and tuples"):
        Prepared(lambda: Post.objects.values_list("slug", flat=True))()


def test_stored_rows_are_what_the_database_has(make_post: MakePost) -> None:
    def newest() -> models.QuerySet[Post, tuple[str, int]]:
        return Post.objects.annotate(twice=models.F("pk") * 2).values_list("title", "twice")

    post = make_post()
    assert Prepared(newest).stored() == list(newest()) == [(post.title, 2 * post.pk)]


def test_a_moment_is_given_as_the_database_has_it(make_post: MakePost, noon: datetime) -> None:
    find = Prepared(lambda: Post.objects.published(now=Given("now", models.DateTimeField())))
    post = make_post(published_at=noon)
    assert find(now=noon) == [post]
    assert find(now=noon.astimezone(ZoneInfo("Asia/Tokyo"))) == [post]
    assert find(now=noon - timedelta(microseconds=1)) == []


def test_what_a_value_holds_is_no_sql(make_post: MakePost) -> None:
    make_post("own")
    assert load_post("own' OR ''='") is None


def test_a_post_comes_with_what_its_page_shows(
    permitted_repost: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("Zebra", "apple", "Bread"):
        permitted_repost.tags.add(Tag.objects.create(name=name, slug=name.lower()))
    bo = Person.objects.create(name="Bo", slug="bo", url="https://bo.example/", orcid="0000-0002-1825-0097")
    Credit.objects.create(post=permitted_repost, person=bo, role=Credit.Role.TRANSLATOR, position=0)
    Credit.objects.create(post=permitted_repost, person=bo, role=Credit.Role.EDITOR, position=1)
    stored = Post.objects.for_page().get(pk=permitted_repost.pk)
    with django_assert_num_queries(4):  # the post; tags; credits; videos
        found = load_post(permitted_repost.slug)
        assert found == stored
        assert found is not None
        load_parts(found)
        assert found.passage is not None
        assert found.passage.public_html
        assert found.blog.owner == stored.blog.owner
        assert list(found.videos.all()) == []
        rows = list(found.credits.all())
        tags = list(found.tags.all())
    for own, row in zip(stored.credits.all(), rows, strict=True):
        assert (own.pk, own.role, own.position, own.post_id) == (row.pk, row.role, row.position, row.post_id)
        assert (own.person, own.person.name, own.person.homepage) == (row.person, row.person.name, row.person.homepage)
        assert own.person.get_absolute_url() == row.person.get_absolute_url()
    assert [(tag.pk, tag.name, tag.slug) for tag in tags] == [(tag.pk, tag.name, tag.slug) for tag in stored.tags.all()]


@pytest.mark.django_db
def test_columns_that_are_not_given_have_their_default(noon: datetime) -> None:
    PreparedInsert(NetworkKey).of(week=noon.date(), secret=b"s" * 32)
    stored = NetworkKey.objects.get()
    assert (stored.week, bytes(stored.secret), stored.created_at) == (noon.date(), b"s" * 32, noon)


@pytest.mark.django_db
def test_a_column_that_is_none_is_refused(noon: datetime) -> None:
    with pytest.raises(TypeError, match="secrt"):
        PreparedInsert(NetworkKey).of(week=noon.date(), secrt=b"s" * 32)


@pytest.mark.django_db
def test_a_moment_elsewhere_is_stored_as_the_same_moment(noon: datetime) -> None:
    there = noon.astimezone(ZoneInfo("Europe/Berlin"))
    PreparedInsert(NetworkKey).of(week=noon.date(), secret=b"s" * 32, created_at=there)
    assert NetworkKey.objects.get().created_at == noon


def test_a_row_of_the_database_is_no_new_one(make_post: MakePost) -> None:
    make_post("one")
    (found,) = Prepared(lambda: Post.objects.all())()
    assert (found._state.adding, found._state.db) == (False, "default")
    assert not Post.objects.get()._state.adding

"""Simultaneous requests, changes at the worst moment, and an unreachable database."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from blog.models import Post
from blog.permissions import steps
from core import clock
from core.models import Invalidation
from core.page_cache import freshness
from tests.comments.conftest import Say
from tests.conftest import GUEST_MARK
from tests.core.page_cache.conftest import Meanwhile, Response, Site

LONG = 20  # seconds; only a failing test waits so long

on_postgresql = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")


def ask(site: Site, path: str) -> Response:
    try:
        return site.ask(path)
    finally:
        connection.close()


def withdraw(post: Post) -> bool:
    steps.withdraw(post.repost, by="Eldon Host")
    return True


def test_one_request_makes_the_page_and_the_others_wait(site: Site, own_post: Post) -> None:
    path, together = own_post.get_absolute_url(), threading.Barrier(8)

    def reader() -> Response:
        together.wait(LONG)
        return ask(site, path)

    with ThreadPoolExecutor(8) as pool:
        responses = [future.result() for future in [pool.submit(reader) for _ in range(8)]]
    assert {response.body for response in responses} == {site.ask(path).body}
    assert site.made == [path]


def test_requests_for_a_page_that_is_not_cacheable_all_end(site: Site, own_post: Post) -> None:
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: ask(site, "/2026/11/no-such-post/"), range(8)))
    assert {response.status for response in responses} == {404}
    assert len(site.made) == 8


class HeldResponse:
    """A page that has been made, and is held back while something happens."""

    def __init__(self, site: Site, path: str) -> None:
        self.site, self.path = site, path
        self.page_made, self.may_go = threading.Event(), threading.Event()
        self.pool = ThreadPoolExecutor(3)

    def __enter__(self) -> "HeldResponse":
        def hold() -> None:
            self.page_made.set()
            assert self.may_go.wait(LONG)

        self.site.holding = hold
        self.response = self.pool.submit(ask, self.site, self.path)
        assert self.page_made.wait(LONG)
        return self

    def another(self) -> Future[Response]:
        return self.pool.submit(ask, self.site, self.path)

    def __exit__(self, *raised: object) -> None:
        self.may_go.set()
        self.pool.shutdown()


def test_a_page_made_while_its_text_was_withdrawn_is_never_served(site: Site, permitted_repost: Post) -> None:
    path = permitted_repost.get_absolute_url()
    with HeldResponse(site, path) as held:
        withdraw(permitted_repost)
        held.may_go.set()
        assert GUEST_MARK in held.response.result(LONG).text, "it had been requested before"
    assert GUEST_MARK not in site.read(path)


def test_a_request_after_the_withdrawal_does_not_get_the_page_in_progress(site: Site, permitted_repost: Post) -> None:
    path = permitted_repost.get_absolute_url()
    with HeldResponse(site, path) as held:
        withdraw(permitted_repost)
        site.cache.freshness.poll_soon()
        later = held.another()
        held.may_go.set()
        assert GUEST_MARK not in later.result(LONG).text


def test_while_a_comment_is_added_others_get_the_previous_copy(site: Site, own_post: Post, say: Say) -> None:
    path = own_post.get_absolute_url()
    before = site.ask(path)
    say("Unmistakable words.")
    site.cache.freshness.poll_soon()
    with HeldResponse(site, path) as held:
        assert held.another().result(LONG).body == before.body
        held.may_go.set()
        assert "Unmistakable" in held.response.result(LONG).text


def test_after_a_withdrawal_nobody_gets_the_previous_copy(site: Site, permitted_repost: Post) -> None:
    path = permitted_repost.get_absolute_url()
    site.ask(path)
    withdraw(permitted_repost)
    site.cache.freshness.poll_soon()
    with HeldResponse(site, path) as held:
        waiting = held.another()
        with pytest.raises(TimeoutError):
            waiting.result(0.2)
        held.may_go.set()
        assert GUEST_MARK not in waiting.result(LONG).text


@on_postgresql
def test_a_change_that_is_committed_late_is_not_missed(
    site: Site, own_post: Post, permitted_repost: Post, meanwhile: Meanwhile
) -> None:
    """A transaction that began earlier is committed after another one whose change has been read."""
    path = permitted_repost.get_absolute_url()
    recorded, may_commit = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            withdraw(permitted_repost)
            recorded.set()
            assert may_commit.wait(LONG)
        connection.close()

    slow = threading.Thread(target=slowly)
    slow.start()
    assert recorded.wait(LONG)
    assert GUEST_MARK in site.read(path)
    meanwhile(lambda: [Post.objects.filter(pk=own_post.pk).update(title="Later")])
    assert GUEST_MARK in site.read(path)
    may_commit.set()
    slow.join(LONG)
    assert GUEST_MARK not in site.read(path)


@on_postgresql
def test_each_change_counts_once(site: Site, own_post: Post, meanwhile: Meanwhile) -> None:
    """Although everything since the beginning of the oldest open transaction is read again."""
    path = own_post.get_absolute_url()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT pg_current_xact_id()")
        site.read(path)
        meanwhile(lambda: [Post.objects.filter(pk=own_post.pk).update(title="Later")])
        assert site.makes(path)
        assert not site.makes(path)
        assert not site.makes(path)
        cursor.execute("COMMIT")
    other.close()


@on_postgresql
def test_while_the_log_is_locked_pages_are_served_for_a_while_and_then_made(
    site: Site, own_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own_post.get_absolute_url()
    site.read(path)
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE core_invalidation IN ACCESS EXCLUSIVE MODE")
        assert not site.makes(path)
        monkeypatch.setattr(freshness, "OUTAGE_SECONDS", 0)
        assert site.makes(path)
        cursor.execute("ROLLBACK")
    other.close()


class NoChangeLog:
    """Every query of the change log fails."""

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "core_invalidation" in sql:
            raise OperationalError("unreachable")
        return execute(sql, *rest)


def test_without_the_log_pages_are_served_for_a_while_and_then_made(
    site: Site, permitted_repost: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = permitted_repost.get_absolute_url()
    site.read(path)
    with connection.execute_wrapper(NoChangeLog()):
        assert not site.makes(path)
        withdraw(permitted_repost)
        monkeypatch.setattr(freshness, "OUTAGE_SECONDS", 0)
        assert GUEST_MARK not in site.read(path)
        assert site.makes(path), "pages made meanwhile are not stored"
    assert GUEST_MARK not in site.read(path)


def test_changes_during_an_outage_are_known_afterwards(site: Site, permitted_repost: Post) -> None:
    path = permitted_repost.get_absolute_url()
    site.read(path)
    with connection.execute_wrapper(NoChangeLog()):
        withdraw(permitted_repost)
        assert GUEST_MARK in site.read(path), "for freshness.OUTAGE_SECONDS"
    assert GUEST_MARK not in site.read(path)


def test_a_process_that_has_not_polled_for_long_invalidates_everything(
    site: Site, permitted_repost: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The changes since then may have been deleted from the log."""
    path = permitted_repost.get_absolute_url()
    site.read(path)
    assert not site.makes(path)
    monkeypatch.setattr(freshness, "LOG_RETENTION", freshness.LOG_RETENTION * 0)
    assert site.makes(path)


def test_a_process_that_slept_invalidates_everything(site: Site, permitted_repost: Post) -> None:
    """The monotonic clock stood still meanwhile, and another machine may have deleted the changes."""
    path = permitted_repost.get_absolute_url()
    site.read(path)
    withdraw(permitted_repost)
    Invalidation.objects.all().delete()
    with clock.standing_at(clock.now() + freshness.LOG_RETENTION):
        assert GUEST_MARK not in site.read(path)


def test_a_log_with_new_numbers_invalidates_everything(site: Site, permitted_repost: Post) -> None:
    """The database was emptied or restored, and new changes have lower numbers than those that were read."""
    path = permitted_repost.get_absolute_url()
    site.read(path)
    site.cache.freshness._change_log._since = 10**12
    assert site.makes(path)
    site.read(path)  # on PostgreSQL, changes since the oldest open transaction count once more
    assert not site.makes(path)
    withdraw(permitted_repost)
    assert GUEST_MARK not in site.read(path)


@on_postgresql
def test_truncating_a_table_invalidates_its_pages(site: Site, permitted_repost: Post) -> None:
    path = permitted_repost.get_absolute_url()
    assert GUEST_MARK in site.read(path)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE blog_repost CASCADE")
    assert GUEST_MARK not in site.read(path)


def test_too_many_tags_count_as_everything(
    site: Site, permitted_repost: Post, own_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = permitted_repost.get_absolute_url()
    site.read(path)
    monkeypatch.setattr(freshness, "MAX_TAGS", 1)
    Post.objects.filter(pk=own_post.pk).update(title="Later")
    site.read("/")
    assert site.makes(path) or site.makes(path)

"""Many ask for one page, changes come at the worst moment, and the database is not there."""

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

LONG = 20  # seconds; nobody waits so long unless the test fails

on_postgresql = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")


def ask(site: Site, address: str) -> Response:
    try:
        return site.ask(address)
    finally:
        connection.close()


def withdraw(post: Post) -> bool:
    steps.withdraw(post.repost, by="Eldon Host")
    return True


def test_one_makes_the_page_and_the_others_wait(site: Site, own_post: Post) -> None:
    address, together = own_post.get_absolute_url(), threading.Barrier(8)

    def reader() -> Response:
        together.wait(LONG)
        return ask(site, address)

    with ThreadPoolExecutor(8) as pool:
        answers = [future.result() for future in [pool.submit(reader) for _ in range(8)]]
    assert {answer.body for answer in answers} == {site.ask(address).body}
    assert site.made == [address]


def test_what_cannot_be_kept_keeps_nobody_waiting_for_ever(site: Site, own_post: Post) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(site, "/2026/11/no-such-post/"), range(8)))
    assert {answer.status for answer in answers} == {404}
    assert len(site.made) == 8


class Held:
    """One reader's page is made and held back while something happens; then it may go."""

    def __init__(self, site: Site, address: str) -> None:
        self.site, self.address = site, address
        self.is_made, self.may_go = threading.Event(), threading.Event()
        self.pool = ThreadPoolExecutor(3)

    def __enter__(self) -> "Held":
        def hold() -> None:
            self.is_made.set()
            assert self.may_go.wait(LONG)

        self.site.holding = hold
        self.answer = self.pool.submit(ask, self.site, self.address)
        assert self.is_made.wait(LONG)
        return self

    def another(self) -> Future[Response]:
        return self.pool.submit(ask, self.site, self.address)

    def __exit__(self, *raised: object) -> None:
        self.may_go.set()
        self.pool.shutdown()


def test_a_page_that_was_in_the_making_while_its_words_were_withdrawn_is_never_served(
    site: Site, permitted_repost: Post
) -> None:
    address = permitted_repost.get_absolute_url()
    with Held(site, address) as held:
        withdraw(permitted_repost)
        held.may_go.set()
        assert GUEST_MARK in held.answer.result(LONG).text, "it had been asked for before"
    assert GUEST_MARK not in site.read(address)


def test_who_asks_after_the_withdrawal_does_not_get_what_was_in_the_making(site: Site, permitted_repost: Post) -> None:
    address = permitted_repost.get_absolute_url()
    with Held(site, address) as held:
        withdraw(permitted_repost)
        site.cache.freshness.poll_soon()
        later = held.another()
        held.may_go.set()
        assert GUEST_MARK not in later.result(LONG).text


def test_while_a_new_comment_is_put_in_the_others_take_the_copy_of_before(site: Site, own_post: Post, say: Say) -> None:
    address = own_post.get_absolute_url()
    before = site.ask(address)
    say("Unmistakable words.")
    site.cache.freshness.poll_soon()
    with Held(site, address) as held:
        assert held.another().result(LONG).body == before.body
        held.may_go.set()
        assert "Unmistakable" in held.answer.result(LONG).text


def test_after_a_withdrawal_nobody_takes_the_copy_of_before(site: Site, permitted_repost: Post) -> None:
    address = permitted_repost.get_absolute_url()
    site.ask(address)
    withdraw(permitted_repost)
    site.cache.freshness.poll_soon()
    with Held(site, address) as held:
        waiting = held.another()
        with pytest.raises(TimeoutError):
            waiting.result(0.2)
        held.may_go.set()
        assert GUEST_MARK not in waiting.result(LONG).text


@on_postgresql
def test_a_change_that_is_committed_late_is_not_overlooked(
    site: Site, own_post: Post, permitted_repost: Post, meanwhile: Meanwhile
) -> None:
    """A transaction that began earlier, and wrote its note first, is committed after another whose note was read."""
    address = permitted_repost.get_absolute_url()
    noted, may_commit = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            withdraw(permitted_repost)
            noted.set()
            assert may_commit.wait(LONG)
        connection.close()

    slow = threading.Thread(target=slowly)
    slow.start()
    assert noted.wait(LONG)
    assert GUEST_MARK in site.read(address)
    meanwhile(lambda: [Post.objects.filter(pk=own_post.pk).update(title="Later")])
    assert GUEST_MARK in site.read(address)
    may_commit.set()
    slow.join(LONG)
    assert GUEST_MARK not in site.read(address)


@on_postgresql
def test_each_note_counts_once(site: Site, own_post: Post, meanwhile: Meanwhile) -> None:
    """Though all are read again that were noted since the oldest open transaction began."""
    address = own_post.get_absolute_url()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT pg_current_xact_id()")
        site.read(address)
        meanwhile(lambda: [Post.objects.filter(pk=own_post.pk).update(title="Later")])
        assert site.makes(address)
        assert not site.makes(address)
        assert not site.makes(address)
        cursor.execute("COMMIT")
    other.close()


@on_postgresql
def test_while_the_notes_are_locked_pages_are_served_and_then_made(
    site: Site, own_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = own_post.get_absolute_url()
    site.read(address)
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE core_invalidation IN ACCESS EXCLUSIVE MODE")
        assert not site.makes(address)
        monkeypatch.setattr(freshness, "BLIND_SECONDS", 0)
        assert site.makes(address)
        cursor.execute("ROLLBACK")
    other.close()


class Away:
    """The database answers no question about changes."""

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "core_invalidation" in sql:
            raise OperationalError("it is away")
        return execute(sql, *rest)


def test_without_an_answer_pages_are_served_for_a_while_and_then_made(
    site: Site, permitted_repost: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = permitted_repost.get_absolute_url()
    site.read(address)
    with connection.execute_wrapper(Away()):
        assert not site.makes(address)
        withdraw(permitted_repost)
        monkeypatch.setattr(freshness, "BLIND_SECONDS", 0)
        assert GUEST_MARK not in site.read(address)
        assert site.makes(address), "what is made meanwhile is not kept"
    assert GUEST_MARK not in site.read(address)


def test_what_happened_while_nobody_could_ask_is_known_afterwards(site: Site, permitted_repost: Post) -> None:
    address = permitted_repost.get_absolute_url()
    site.read(address)
    with connection.execute_wrapper(Away()):
        withdraw(permitted_repost)
        assert GUEST_MARK in site.read(address), "for as long as is said in freshness.BLIND_SECONDS"
    assert GUEST_MARK not in site.read(address)


def test_who_has_not_looked_for_long_forgets_everything(
    site: Site, permitted_repost: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notes of meanwhile may be deleted already."""
    address = permitted_repost.get_absolute_url()
    site.read(address)
    assert not site.makes(address)
    monkeypatch.setattr(freshness, "LOG_RETENTION", freshness.LOG_RETENTION * 0)
    assert site.makes(address)


def test_who_slept_with_the_machine_forgets_everything(site: Site, permitted_repost: Post) -> None:
    """The monotonic clock stands still meanwhile, and another machine may have deleted the notes."""
    address = permitted_repost.get_absolute_url()
    site.read(address)
    withdraw(permitted_repost)
    Invalidation.objects.all().delete()
    with clock.standing_at(clock.now() + freshness.LOG_RETENTION):
        assert GUEST_MARK not in site.read(address)


def test_where_notes_are_numbered_anew_nothing_counts_as_known(site: Site, permitted_repost: Post) -> None:
    """The database was emptied or restored, and what happens from now on has lower numbers than what was read."""
    address = permitted_repost.get_absolute_url()
    site.read(address)
    site.cache.freshness._change_log._since = 10**12
    assert site.makes(address)
    site.read(address)  # on PostgreSQL what was noted since the oldest open transaction counts once more
    assert not site.makes(address)
    withdraw(permitted_repost)
    assert GUEST_MARK not in site.read(address)


@on_postgresql
def test_words_of_a_table_that_is_emptied_as_a_whole_are_gone(site: Site, permitted_repost: Post) -> None:
    address = permitted_repost.get_absolute_url()
    assert GUEST_MARK in site.read(address)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE blog_repost CASCADE")
    assert GUEST_MARK not in site.read(address)


def test_more_tags_than_can_be_remembered_count_as_everything(
    site: Site, permitted_repost: Post, own_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = permitted_repost.get_absolute_url()
    site.read(address)
    monkeypatch.setattr(freshness, "MOST_TAGS", 1)
    Post.objects.filter(pk=own_post.pk).update(title="Later")
    site.read("/")
    assert site.makes(address) or site.makes(address)

"""A cache in front of the site is purged soon after something was removed, and for no other reason."""

import logging
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection

from blog.models import Post
from comments.moderation.steps import remove
from core.page_cache.purging import RETRY_SECONDS, SETTLE_SECONDS, Purger
from tests.comments.conftest import Say

pytestmark = pytest.mark.django_db(transaction=True)


class FrontCache:
    """A cache that counts its purges: each appends a line to a file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "purges"
        self.is_broken = folder / "is broken"
        script = '! test -e "$1" && echo purged >> "$2"'
        self.purger = Purger(["sh", "-c", script, "sh", str(self.is_broken), str(self._file)])
        self.now = 1000.0

    def purges_after(self, seconds: float) -> int:
        """The number of purges so far, after a poll that many seconds later."""
        self.now += seconds
        self.purger.poll(self.now)
        return len(self._file.read_text().splitlines()) if self._file.exists() else 0


@pytest.fixture
def front(tmp_path: Path) -> FrontCache:
    return FrontCache(tmp_path)


@pytest.fixture
def quiet(front: FrontCache, own_post: Post) -> FrontCache:
    """The cache after the purge at the start."""
    front.purges_after(0)
    assert front.purges_after(SETTLE_SECONDS) == 1
    return front


def test_the_cache_is_purged_at_the_start_but_not_before_every_process_knows(front: FrontCache) -> None:
    assert [front.purges_after(0), front.purges_after(SETTLE_SECONDS - 0.1), front.purges_after(0.1)] == [0, 0, 1]


def test_new_comments_purge_nothing(quiet: FrontCache, say: Say) -> None:
    say(to=say())
    assert [quiet.purges_after(SETTLE_SECONDS) for _ in range(4)] == [1] * 4


def test_a_removal_is_purged_once_when_every_process_knows(quiet: FrontCache, own_post: Post) -> None:
    own_post.delete()
    assert [quiet.purges_after(0.5), quiet.purges_after(SETTLE_SECONDS - 0.1), quiet.purges_after(0.1)] == [1, 1, 2]
    assert quiet.purges_after(1000) == 2


def test_a_removal_while_a_purge_is_due_is_purged_in_time(quiet: FrontCache, say: Say, moderator: User) -> None:
    first, second = say("One."), say("Two.")
    quiet.purges_after(0)
    remove(first, by=moderator, reason="off topic")
    quiet.purges_after(0)
    remove(second, by=moderator, reason="off topic")
    assert quiet.purges_after(SETTLE_SECONDS) == 2  # the first is due, although there is a later one
    assert quiet.purges_after(SETTLE_SECONDS - 0.1) == 2
    assert quiet.purges_after(0.1) == 3  # not every process knew of the second before
    assert quiet.purges_after(1000) == 3


def test_a_failed_purge_is_retried(quiet: FrontCache, own_post: Post, caplog: pytest.LogCaptureFixture) -> None:
    quiet.is_broken.touch()
    own_post.delete()
    quiet.purges_after(0)
    with caplog.at_level(logging.ERROR):
        assert [quiet.purges_after(SETTLE_SECONDS), quiet.purges_after(RETRY_SECONDS - 0.1)] == [1, 1]
    assert caplog.messages == ["PURGE_COMMAND failed (it ended with 1); trying again in 10 seconds."]
    quiet.is_broken.unlink()
    assert quiet.purges_after(0.1) == 2
    assert quiet.purges_after(1000) == 2


def test_a_missing_program_is_no_error(front: FrontCache, tmp_path: Path) -> None:
    front.purger._command = [str(tmp_path / "gone")]
    front.purges_after(0)
    assert front.purges_after(SETTLE_SECONDS) == 0


def test_the_cache_is_purged_after_an_outage_of_the_database(quiet: FrontCache) -> None:
    table = connection.ops.quote_name("core_invalidation")
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO blog_away")
    try:
        quiet.purges_after(1)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE blog_away RENAME TO {table}")
    assert [quiet.purges_after(1), quiet.purges_after(SETTLE_SECONDS)] == [1, 2]

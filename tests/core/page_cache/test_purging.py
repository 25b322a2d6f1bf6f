"""A cache in front of the site forgets its pages soon after something was taken away, and for nothing else."""

import logging
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection

from blog.models import Post
from comments.moderation.steps import remove
from core.page_cache.purging import AGAIN_SECONDS, SETTLE_SECONDS, Purger
from tests.comments.conftest import Say

pytestmark = pytest.mark.django_db(transaction=True)


class Front:
    """A cache whose purges are counted: each leaves a line in a file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "purges"
        self.is_broken = folder / "is broken"
        script = '! test -e "$1" && echo purged >> "$2"'
        self.purger = Purger(["sh", "-c", script, "sh", str(self.is_broken), str(self._file)])
        self.now = 1000.0

    def later(self, seconds: float) -> int:
        """How often it was purged, when so much time has passed and a look was taken."""
        self.now += seconds
        self.purger.poll(self.now)
        return len(self._file.read_text().splitlines()) if self._file.exists() else 0


@pytest.fixture
def front(tmp_path: Path) -> Front:
    return Front(tmp_path)


@pytest.fixture
def quiet(front: Front, own_post: Post) -> Front:
    """After the purge of the start."""
    front.later(0)
    assert front.later(SETTLE_SECONDS) == 1
    return front


def test_it_is_purged_at_the_start_but_not_before_every_process_knows(front: Front) -> None:
    assert [front.later(0), front.later(SETTLE_SECONDS - 0.1), front.later(0.1)] == [0, 0, 1]


def test_new_comments_purge_nothing(quiet: Front, say: Say) -> None:
    say(to=say())
    assert [quiet.later(SETTLE_SECONDS) for _ in range(4)] == [1] * 4


def test_what_was_taken_away_is_purged_once_when_every_process_knows(quiet: Front, own_post: Post) -> None:
    own_post.delete()
    assert [quiet.later(0.5), quiet.later(SETTLE_SECONDS - 0.1), quiet.later(0.1)] == [1, 1, 2]
    assert quiet.later(1000) == 2


def test_what_is_taken_away_while_one_waits_has_its_purge_in_time(quiet: Front, say: Say, moderator: User) -> None:
    first, second = say("One."), say("Two.")
    quiet.later(0)
    remove(first, by=moderator, reason="off topic")
    quiet.later(0)
    remove(second, by=moderator, reason="off topic")
    assert quiet.later(SETTLE_SECONDS) == 2  # the first is due, though there is always something new
    assert quiet.later(SETTLE_SECONDS - 0.1) == 2
    assert quiet.later(0.1) == 3  # not every process knew of the second
    assert quiet.later(1000) == 3


def test_a_purge_that_failed_is_done_again(quiet: Front, own_post: Post, caplog: pytest.LogCaptureFixture) -> None:
    quiet.is_broken.touch()
    own_post.delete()
    quiet.later(0)
    with caplog.at_level(logging.ERROR):
        assert [quiet.later(SETTLE_SECONDS), quiet.later(AGAIN_SECONDS - 0.1)] == [1, 1]
    assert caplog.messages == ["PURGE_COMMAND failed (it ended with 1): trying again in 10 seconds."]
    quiet.is_broken.unlink()
    assert quiet.later(0.1) == 2
    assert quiet.later(1000) == 2


def test_a_program_that_went_away_is_no_error(front: Front, tmp_path: Path) -> None:
    front.purger._command = [str(tmp_path / "gone")]
    front.later(0)
    assert front.later(SETTLE_SECONDS) == 0


def test_after_a_time_without_database_it_is_purged(quiet: Front) -> None:
    table = connection.ops.quote_name("core_invalidation")
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO blog_away")
    try:
        quiet.later(1)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE blog_away RENAME TO {table}")
    assert [quiet.later(1), quiet.later(SETTLE_SECONDS)] == [1, 2]

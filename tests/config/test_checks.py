"""System checks of stored comments: they warn if all visitors seem to share one limit."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.core import checks
from pytest_django import Settings

from blog.models import Post
from comments.models import Comment
from comments.posting.submission import submit
from config.checks import ONE_NETWORK_FROM
from core import clock
from core.tasks import worker

WEDNESDAY = datetime(2026, 12, 2, 12, tzinfo=UTC)
HOURS_TO_LAST_WEEK = 72
ONE, OTHER, LAST_WEEK = b"1" * 32, b"2" * 32, b"0" * 32


@pytest.fixture(autouse=True)
def public_site(settings: Settings, noon: datetime) -> None:
    settings.IS_LOCAL = False


def receive(post: Post, keys: Sequence[bytes | None], *, hours_ago: int = 1) -> None:
    """Submit comments, one for each network key."""
    with clock.standing_at(WEDNESDAY - timedelta(hours=hours_ago)):
        for number, key in enumerate(keys):
            comment = submit(post_id=post.pk, name="Rea", text=f"{hours_ago} {number}")
            Comment.objects.filter(pk=comment.pk).update(network_key=key)


def warnings() -> list[str]:
    with clock.standing_at(WEDNESDAY):
        found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    return [str(message.id) for message in found]


def test_many_comments_from_one_network_are_warned_of(own_post: Post) -> None:
    receive(own_post, [ONE] * (ONE_NETWORK_FROM - 1))
    assert warnings() == []
    receive(own_post, [ONE], hours_ago=2)
    assert warnings() == ["imprimatur.W003"]
    with clock.standing_at(WEDNESDAY):
        (message,) = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    assert "TRUSTED_PROXIES" in str(message.hint)


def test_one_comment_from_elsewhere_is_enough_to_be_silent(own_post: Post) -> None:
    receive(own_post, [*[ONE] * ONE_NETWORK_FROM, OTHER])
    assert warnings() == []


def test_a_network_that_changed_its_name_with_the_week_is_still_one(own_post: Post) -> None:
    receive(own_post, [LAST_WEEK] * (ONE_NETWORK_FROM - 1), hours_ago=HOURS_TO_LAST_WEEK)
    receive(own_post, [ONE])
    assert warnings() == ["imprimatur.W003"]
    receive(own_post, [OTHER], hours_ago=HOURS_TO_LAST_WEEK + 1)
    assert warnings() == []


def test_old_comments_and_those_that_we_brought_do_not_count(own_post: Post) -> None:
    receive(own_post, [ONE] * 10 + [None] * ONE_NETWORK_FROM)
    receive(own_post, [LAST_WEEK] * ONE_NETWORK_FROM, hours_ago=7 * 24 + 1)
    assert warnings() == []


def test_a_site_of_this_machine_is_not_warned(own_post: Post, settings: Settings) -> None:
    receive(own_post, [ONE] * ONE_NETWORK_FROM)
    settings.IS_LOCAL = True
    assert warnings() == []


def test_who_checks_no_database_has_none_asked(settings: Settings) -> None:
    """No database is allowed in this test, so that a query would fail it."""
    assert "imprimatur.W003" not in [message.id for message in checks.run_checks()]


def test_the_worker_says_it_once_a_day(own_post: Post, caplog: pytest.LogCaptureFixture) -> None:
    receive(own_post, [ONE] * ONE_NETWORK_FROM)
    caplog.set_level(logging.WARNING, "config.tasks")
    for hours, times in ((0, 1), (23, 1), (24, 2)):
        with clock.standing_at(WEDNESDAY + timedelta(hours=hours)):
            worker.schedule()
            worker.run_due()
        assert caplog.text.count("imprimatur.W003") == times

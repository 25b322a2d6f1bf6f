"""How many comments one network may send."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from blog.models import Post
from comments.models import Comment
from core import clock
from tests.comments.conftest import Say

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def slow(settings: Settings, noon: datetime) -> None:
    settings.COMMENTS_PER_MINUTE, settings.COMMENTS_PER_HOUR = 2, 4


def send(post: Post, text: str, ip: str = "192.0.2.7", after: int = 0) -> Any:
    """Post a comment, some seconds after noon."""
    with clock.standing_at(clock.now() + timedelta(seconds=after)):
        sent = {"name": "Rea", "text": text}
        return Client().post(f"/comments/new/{post.pk}/", sent, headers=OWN_PAGE, REMOTE_ADDR=ip)


def statuses(post: Post, *moments: int) -> list[int]:
    return [send(post, f"At {moment}.", after=moment).status_code for moment in moments]


def test_comments_within_a_minute_are_limited(own_post: Post) -> None:
    assert statuses(own_post, 0, 1, 2, 59, 61) == [303, 303, 429, 429, 303]


def test_comments_within_an_hour_are_limited(own_post: Post) -> None:
    assert statuses(own_post, 0, 100, 200, 300, 400, 3599, 3601) == [303, 303, 303, 303, 429, 429, 303]


def test_a_writer_who_is_too_fast_keeps_the_text_and_gets_a_reason(own_post: Post) -> None:
    statuses(own_post, 0, 1)
    response = send(own_post, "A *third* & last one.")
    assert response.status_code == 429
    page = response.content.decode()
    assert "please wait a little" in page
    assert "A *third* &amp; last one." in page
    assert 'value="send"' in page
    assert Comment.objects.count() == 2


@pytest.mark.parametrize(
    ("ip", "status"), [("192.0.2.200", 429), ("192.0.3.7", 303), ("2001:db8:1::1", 303), ("", 303)]
)
def test_all_ips_of_a_network_count_together(own_post: Post, ip: str, status: int) -> None:
    statuses(own_post, 0, 1)
    assert send(own_post, "From here.", ip).status_code == status


def test_other_posts_and_deleted_comments_count_too(own_post: Post, make_post: Any) -> None:
    statuses(own_post, 0, 1)
    Comment.objects.update(state="deleted", shown=False)
    assert send(make_post("another"), "Elsewhere.").status_code == 429


def test_the_same_text_sent_again_is_not_counted(own_post: Post) -> None:
    assert statuses(own_post, 0, 1, 1, 1, 1) == [303] * 5
    assert Comment.objects.count() == 2


def test_imported_comments_are_not_counted(say: Say) -> None:
    for number in range(5):
        say(f"Number {number}.")
    assert Comment.objects.count() == 5


@pytest.mark.parametrize("later", [timedelta(seconds=20), timedelta(seconds=50)])
def test_a_new_week_does_not_reset_the_limit(own_post: Post, later: timedelta) -> None:
    sunday_night = datetime(2026, 11, 22, 23, 59, 45, tzinfo=UTC)
    with clock.standing_at(sunday_night):
        assert statuses(own_post, 0, 1) == [303, 303]
    with clock.standing_at(sunday_night + later):
        assert send(own_post, "On Monday.").status_code == 429
        assert send(own_post, "On Monday, elsewhere.", "192.0.3.7").status_code == 303
    keys = [bytes(key) for key in Comment.objects.values_list("network_key", flat=True) if key]
    assert len(keys) == 3
    with clock.standing_at(sunday_night + timedelta(seconds=62)):
        assert send(own_post, "A minute later.").status_code == 303


def test_the_same_text_from_two_networks_is_two_comments(own_post: Post) -> None:
    send(own_post, "Yes.")
    send(own_post, "Yes.", "198.51.100.1")
    assert Comment.objects.count() == 2

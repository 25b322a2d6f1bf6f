"""While another process keeps the database locked, commenters do not lose what they typed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from django.db import connection
from django.test import Client

from blog.models import Post
from comments.models import Comment
from comments.posting.submission import BUSY
from core.models import NetworkKey
from core.privacy import networks
from tests.comments.mailbox import OWN_PAGE

pytestmark = [
    pytest.mark.skipif(connection.vendor != "sqlite", reason="other databases allow several writers at once"),
    pytest.mark.django_db(transaction=True),
]
FIELDS = {"name": "Rea Reader", "text": "A *remark*.", "email": ""}


@contextmanager
def locked_by_another_writer() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        timeout = cursor.fetchone()[0]
        cursor.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {timeout}")


@pytest.mark.parametrize("earlier_comments", [0, 1], ids=["first of the week", "later"])
def test_a_refused_comment_keeps_its_text_and_can_be_sent_again(
    own_post: Post, earlier_comments: int, caplog: pytest.LogCaptureFixture
) -> None:
    browser, path = Client(), f"/comments/new/{own_post.pk}/"
    for number in range(earlier_comments):
        browser.post(path, FIELDS | {"text": f"Number {number}."}, headers=OWN_PAGE)
    with locked_by_another_writer():
        response = browser.post(path, FIELDS, headers=OWN_PAGE)
    assert response.status_code == 503
    for part in (str(BUSY), FIELDS["name"], FIELDS["text"], "<form"):
        assert part in response.text
    assert Comment.objects.count() == earlier_comments
    assert "The database did not take a comment: database is locked" in caplog.messages
    assert browser.post(path, FIELDS, headers=OWN_PAGE).status_code == 303


@pytest.mark.parametrize("has_key", [True, False], ids=["later", "first of the week"])
def test_a_refused_edit_keeps_its_text_and_can_be_sent_again(own_post: Post, has_key: bool) -> None:
    browser = Client()
    browser.post(f"/comments/new/{own_post.pk}/", FIELDS, headers=OWN_PAGE)
    path = f"/comments/{Comment.objects.get().public_id}/mine/edit/"
    if not has_key:
        NetworkKey.objects.all().delete()
        networks.clear_cached_secrets()
    with locked_by_another_writer():
        response = browser.post(path, {"text": "Another *remark*."})
    assert response.status_code == 503
    for part in (str(BUSY), "Another *remark*.", 'value="send"'):
        assert part in response.text
    assert browser.post(path, {"text": "Another *remark*."}).status_code == 303
    assert Comment.objects.get().source == "Another *remark*."

"""While another process writes to the database without an end, nobody loses what they typed."""

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
    pytest.mark.skipif(connection.vendor != "sqlite", reason="elsewhere writers do not wait for each other"),
    pytest.mark.django_db(transaction=True),
]
WORDS = {"name": "Rea Reader", "text": "A *remark*.", "email": ""}


@contextmanager
def somebody_writing() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        patience = cursor.fetchone()[0]
        cursor.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {patience}")


@pytest.mark.parametrize("said_before", [0, 1], ids=["the first of the week", "another"])
def test_a_comment_comes_back_with_its_words_and_can_be_sent_again(
    own_post: Post, said_before: int, caplog: pytest.LogCaptureFixture
) -> None:
    browser, address = Client(), f"/comments/new/{own_post.pk}/"
    for number in range(said_before):
        browser.post(address, WORDS | {"text": f"Number {number}."}, headers=OWN_PAGE)
    with somebody_writing():
        answer = browser.post(address, WORDS, headers=OWN_PAGE)
    assert answer.status_code == 503
    for words in (str(BUSY), WORDS["name"], WORDS["text"], "<form"):
        assert words in answer.text
    assert Comment.objects.count() == said_before
    assert "The database did not take a comment: database is locked" in caplog.messages
    assert browser.post(address, WORDS, headers=OWN_PAGE).status_code == 303


@pytest.mark.parametrize("has_key", [True, False], ids=["another", "the first of the week"])
def test_a_change_comes_back_with_its_words_and_can_be_sent_again(own_post: Post, has_key: bool) -> None:
    browser = Client()
    browser.post(f"/comments/new/{own_post.pk}/", WORDS, headers=OWN_PAGE)
    address = f"/comments/{Comment.objects.get().public_id}/mine/edit/"
    if not has_key:
        NetworkKey.objects.all().delete()
        networks.forget_what_is_kept()
    with somebody_writing():
        answer = browser.post(address, {"text": "Another *remark*."})
    assert answer.status_code == 503
    for words in (str(BUSY), "Another *remark*.", 'value="send"'):
        assert words in answer.text
    assert browser.post(address, {"text": "Another *remark*."}).status_code == 303
    assert Comment.objects.get().source == "Another *remark*."

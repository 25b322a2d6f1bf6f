"""The page of a comment that waits, or whose writer has a message to answer: what is said there is so."""

from typing import Any

import pytest
from django.test import Client

from blog.models import Post
from comments.models import Comment
from core import clock
from tests.comments.held_comments import as_if_held

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
WORDS = {"name": "Rea Reader", "text": "A remark."}
EMAIL = "rea@reader.example"


@pytest.fixture
def writer() -> Client:
    return Client()


def posted(writer: Client, post: Post, **more: str) -> str:
    """The address of the page that the writer comes to."""
    return str(writer.post(f"/comments/new/{post.pk}/", WORDS | more, headers=OWN_PAGE)["Location"])


def html(response: Any) -> str:
    text: str = response.content.decode()
    return text


def test_what_waits_is_taken_back_rather_than_deleted(writer: Client, own_post: Post) -> None:
    posted(writer, own_post)
    comment = as_if_held(Comment.objects.get())
    address = f"/comments/{comment.public_id}/mine/delete/"
    question = html(writer.get(address))
    assert "Take your comment back?" in question
    assert "Readers will no longer see" not in question, "they never did"
    assert "You took your comment back." in html(writer.post(address, follow=True))


def test_who_left_an_address_is_told_to_look_into_the_mailbox(writer: Client, own_post: Post) -> None:
    page = posted(writer, own_post, email=EMAIL)
    assert f"We wrote to <strong>{EMAIL}</strong>" in html(writer.get(page))
    for moot in ({"email_confirmed_at": clock.now()}, {"email_confirmed_at": None, "state": "spam"}):
        Comment.objects.update(**moot)
        assert "We wrote to" not in html(writer.get(page))


def test_nobody_is_promised_a_mail_that_was_not_written(writer: Client, own_post: Post) -> None:
    page = posted(writer, own_post)
    Comment.objects.update(email=EMAIL)
    assert "We wrote to" not in html(writer.get(page))

"""The own-comment page of a comment that waits for a moderator or for an e-mail confirmation."""

from typing import Any

import pytest
from django.test import Client

from blog.models import Post
from comments.models import Comment
from core import clock
from tests.comments.held_comments import as_if_held

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
FIELDS = {"name": "Rea Reader", "text": "A remark."}
EMAIL = "rea@reader.example"


@pytest.fixture
def browser() -> Client:
    return Client()


def posted(browser: Client, post: Post, **more: str) -> str:
    """Post a comment, and return the URL of the page that the commenter is redirected to."""
    return str(browser.post(f"/comments/new/{post.pk}/", FIELDS | more, headers=OWN_PAGE)["Location"])


def html(response: Any) -> str:
    text: str = response.content.decode()
    return text


def test_a_waiting_comment_is_withdrawn_instead_of_deleted(browser: Client, own_post: Post) -> None:
    posted(browser, own_post)
    comment = as_if_held(Comment.objects.get())
    path = f"/comments/{comment.public_id}/mine/delete/"
    question = html(browser.get(path))
    assert "Withdraw your comment?" in question
    assert "Readers will no longer see" not in question, "they never saw it"
    assert "You withdrew your comment." in html(browser.post(path, follow=True))


def test_a_commenter_who_gave_an_email_is_asked_to_confirm_it(browser: Client, own_post: Post) -> None:
    page = posted(browser, own_post, email=EMAIL)
    assert f"We wrote to <strong>{EMAIL}</strong>" in html(browser.get(page))
    for changes in ({"email_confirmed_at": clock.now()}, {"email_confirmed_at": None, "state": "spam"}):
        Comment.objects.update(**changes)
        assert "We wrote to" not in html(browser.get(page))


def test_no_message_is_promised_that_was_not_sent(browser: Client, own_post: Post) -> None:
    page = posted(browser, own_post)
    Comment.objects.update(email=EMAIL)
    assert "We wrote to" not in html(browser.get(page))

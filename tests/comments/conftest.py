"""Fixtures that post comments."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from blog.models import Post
from comments.models import Comment
from comments.posting.submission import submit
from tests.comments.held_comments import as_if_held

Say = Callable[..., Comment]


@pytest.fixture
def say(own_post: Post) -> Say:
    """Post a comment on the own post, or a reply to another comment. Keywords override the arguments of `submit`."""

    def comment(text: str = "Well said.", *, to: Comment | None = None, **overrides: Any) -> Comment:
        arguments: dict[str, Any] = {"post_id": own_post.pk, "name": "Rea Reader"} | overrides
        return submit(text=text, parent=to.public_id if to else "", **arguments)

    return comment


@pytest.fixture
def held(say: Say) -> Say:
    """Post a comment that waits for a moderator, with the same keywords as `say`."""

    def comment(text: str = "May I?", **overrides: Any) -> Comment:
        return as_if_held(say(text, **overrides))

    return comment


@pytest.fixture
def desk(client: Client, moderator: User) -> Client:
    """The client of a signed-in moderator."""
    client.force_login(moderator)
    return client

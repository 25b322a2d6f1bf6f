"""Comments under the cast's posts."""

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
    """Say something under the own post, or in reply to another comment; keywords override."""

    def comment(text: str = "Well said.", *, to: Comment | None = None, **words: Any) -> Comment:
        given: dict[str, Any] = {"post_id": own_post.pk, "name": "Rea Reader"} | words
        return submit(text=text, parent=to.public_id if to else "", **given)

    return comment


@pytest.fixture
def held(say: Say) -> Say:
    """Say something that waits for a moderator; the same keywords."""

    def comment(text: str = "May I?", **words: Any) -> Comment:
        return as_if_held(say(text, **words))

    return comment


@pytest.fixture
def desk(client: Client, moderator: User) -> Client:
    """The browser of the moderator."""
    client.force_login(moderator)
    return client

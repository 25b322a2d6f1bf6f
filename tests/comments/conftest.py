"""Comments under the cast's posts."""

from collections.abc import Callable
from typing import Any

import pytest

from blog.models import Post
from comments.models import Comment
from comments.submission import submit

Say = Callable[..., Comment]


@pytest.fixture
def say(own_post: Post) -> Say:
    """Say something under the own post, or in reply to another comment; keywords override."""

    def comment(text: str = "Well said.", *, to: Comment | None = None, **words: Any) -> Comment:
        given: dict[str, Any] = {"post_id": own_post.pk, "name": "Rea Reader"} | words
        return submit(text=text, parent=to.public_id if to else "", **given)

    return comment

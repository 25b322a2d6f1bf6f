"""The discussion of the sample content: it is added and removed with its post."""

import tomllib
from datetime import timedelta
from pathlib import Path

from blog.models import Post
from comments.models import Comment
from comments.posting.submission import submit
from core import clock

COMMENTS = Path(__file__).with_suffix(".toml")


def add_comments(post: Post) -> None:
    """Submit every comment as a reader would, in order, with the clock set to the time it was written."""
    assert post.published_at  # noqa: S101 - the post with the discussion is public
    public_ids: dict[str, str] = {}
    for planned in tomllib.loads(COMMENTS.read_text(encoding="utf-8"))["comment"]:
        with clock.standing_at(post.published_at + timedelta(hours=planned["hours"])):
            comment = submit(
                post_id=post.pk,
                name=planned["name"],
                text=planned["text"],
                parent=public_ids[planned["parent"]] if "parent" in planned else "",
                language=planned["language"],
            )
        public_ids[planned["key"]] = comment.public_id


def remove_comments() -> None:
    """Remove all comments on sample posts, also those of visitors: a comment protects its post from deletion."""
    Comment.objects.filter(discussion__post__is_sample=True).delete()

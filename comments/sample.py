"""The sample's discussion: it comes and goes with the post that it stands under."""

import tomllib
from datetime import timedelta
from pathlib import Path

from blog.models import Post
from comments.models import Comment
from comments.posting.submission import submit
from core import clock

THREAD = Path(__file__).with_suffix(".toml")


def add_comments(post: Post) -> None:
    """Say everything in its turn, through the door that readers use, with the clock standing at that hour."""
    assert post.published_at  # noqa: S101 - the post that is discussed is public
    said: dict[str, str] = {}
    for planned in tomllib.loads(THREAD.read_text(encoding="utf-8"))["comment"]:
        with clock.standing_at(post.published_at + timedelta(hours=planned["hours"])):
            comment = submit(
                post_id=post.pk,
                name=planned["name"],
                text=planned["text"],
                parent=said[planned["parent"]] if "parent" in planned else "",
                language=planned["language"],
            )
        said[planned["key"]] = comment.public_id


def remove_comments() -> None:
    """Those that visitors added go too: without their post they would stand nowhere."""
    Comment.objects.filter(discussion__post__is_sample=True).delete()

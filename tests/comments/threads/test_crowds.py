"""A hundred thousand comments on one post, half of them in one thread of 32 levels: every page uses an index."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from blog.models import Post
from comments.models import Comment, Discussion
from comments.threads import feeds, ids, pages, paths
from tests.comments.conftest import Say
from tests.plans import plans

TOTAL = 100_000
IN_ONE_THREAD = 50_000
BATCH = 5_000

TreePosition = tuple[int, int | None, bytes, int]  # id, parent, path, depth


def crowd(first: int) -> Iterator[TreePosition]:
    """One thread of half of the comments, with replies on all levels, followed by threads of ten."""
    above: list[TreePosition] = [(first, None, ids.segment(first), 0)]
    for number in range(first + 1, first + TOTAL):
        level = level_of(number - first)
        parent, _, path, _ = above[level - 1] if level else (None, None, b"", 0)
        position = (number, parent, path + ids.segment(number), level)
        above[level:] = [position]
        yield position


def level_of(number: int) -> int:
    if number >= IN_ONE_THREAD:
        return min(1, number % 10)
    return number % paths.MAX_LEVELS or 1


@pytest.fixture
def thread(say: Say, own_post: Post) -> Comment:
    """The first comment of the long thread. The others are copied from it in SQL: `bulk_create` takes a minute."""
    root = say("Root.")
    Comment.objects.update(submission_key=None)
    set_columns = ("id", "parent_id", "path", "depth")
    copied = ", ".join(field.column for field in Comment._meta.concrete_fields if field.column not in set_columns)
    positions = list(crowd(root.pk))
    with connection.cursor() as cursor:
        for start in range(0, len(positions), BATCH):
            batch = positions[start : start + BATCH]
            rows = ", ".join(["(%s, %s, %s, %s)"] * len(batch))
            cursor.execute(
                f"INSERT INTO comments_comment ({', '.join(set_columns)}, {copied})"  # noqa: S608 - names of columns
                f" SELECT crowd.*, {copied} FROM comments_comment, (VALUES {rows}) AS crowd WHERE id = {root.pk}",
                list(chain.from_iterable(batch)),
            )
        cursor.execute("ANALYZE")
    Discussion.objects.filter(pk=own_post.pk).update(count=TOTAL)
    return root


def assert_indexed(read: Callable[[], Any], *, queries: int, walk: int = 0) -> None:
    """Assert the number of queries, and that none scans the table. The one at `walk` uses an index and sorts nothing.

    Which index is the planner's choice: if nearly all comments are shown, two are equally good.
    """
    found = plans(read)
    assert len(found) == queries
    for plan in found:
        assert "Seq Scan on comments_comment" not in plan, plan
        assert "SCAN comments_comment'" not in plan, plan
    assert "INDEX comment_" in found[walk] or "using comment_" in found[walk], found[walk]
    assert "TEMP B-TREE" not in found[walk], found[walk]
    assert "Sort" not in found[walk], found[walk]


def test_every_page_of_a_large_discussion_uses_an_index(thread: Comment, own_post: Post, client: Client) -> None:
    discussion = own_post.discussion
    middle, last = thread.pk + IN_ONE_THREAD // 2, thread.pk + TOTAL - 1

    first = pages.get_page(discussion, None)
    assert [row.comment.pk for row in first.rows] == list(range(thread.pk, thread.pk + 50))
    assert first.thread_left == pages.MAX_COUNTED + 1
    assert_indexed(lambda: pages.get_page(discussion, None), queries=2)

    deep = pages.get_page(discussion, ids.encode(middle))
    assert [row.comment.pk for row in deep.rows if not row.is_context] == list(range(middle + 1, middle + 51))
    assert [row.level for row in deep.rows] == [paths.levels(row.comment.path) for row in deep.rows]
    assert_indexed(lambda: pages.get_page(discussion, ids.encode(middle)), queries=2)

    beyond = pages.get_page(discussion, first.next_cursor)
    assert beyond.rows[0].comment.pk == thread.pk + IN_ONE_THREAD
    assert_indexed(lambda: pages.get_page(discussion, first.next_cursor), queries=1)

    end = pages.get_page(discussion, ids.encode(last - 15))
    assert (end.rows[-1].comment.pk, end.next_cursor) == (last, "")
    assert_indexed(lambda: pages.get_page(discussion, ids.encode(last - 15)), queries=2)

    for comment in Comment.objects.filter(pk__in=(thread.pk, middle, last)):
        assert pages.page_around(comment).rows[comment.depth].comment.pk == comment.pk
        assert_indexed(partial(pages.page_around, comment), queries=1)

    assert_indexed(lambda: client.get("/feeds/comments.atom"), queries=2)
    path = feeds.comment_feed_path(own_post)
    assert_indexed(lambda: client.get(path), queries=2, walk=1)
    assert "100000 comments" in client.get(own_post.get_absolute_url()).text

    # The queries over all comments when an account or a comment is erased.
    for column in ("user", "person", "reply_to", "parent"):
        concerned = Comment.objects.filter(**{f"{column}__in": [last]}).order_by()
        assert_indexed(partial(list, concerned.all()), queries=1)

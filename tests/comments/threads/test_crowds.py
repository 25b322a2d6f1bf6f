"""A hundred thousand comments on one post, half of them in one thread, 32 levels deep: every page is found at once."""

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

ALL = 100_000
IN_ONE_THREAD = 50_000
BATCH = 5_000


Place = tuple[int, int | None, bytes, int]  # id, parent, path, depth


def crowd(first: int) -> Iterator[Place]:
    """A thread of half of them, whose replies stand on all levels; behind it threads of ten."""
    above: list[Place] = [(first, None, ids.segment(first), 0)]
    for number in range(first + 1, first + ALL):
        level = level_of(number - first)
        parent, _, path, _ = above[level - 1] if level else (None, None, b"", 0)
        place = (number, parent, path + ids.segment(number), level)
        above[level:] = [place]
        yield place


def level_of(number: int) -> int:
    if number >= IN_ONE_THREAD:
        return min(1, number % 10)
    return number % paths.MAX_LEVELS or 1


@pytest.fixture
def thread(say: Say, own_post: Post) -> Comment:
    """The beginning of the long thread. All others are copies of it in other places: `bulk_create` takes a minute."""
    root = say("Root.")
    Comment.objects.update(submission_key=None)
    moved = ("id", "parent_id", "path", "depth")
    copied = ", ".join(field.column for field in Comment._meta.concrete_fields if field.column not in moved)
    places = list(crowd(root.pk))
    with connection.cursor() as cursor:
        for start in range(0, len(places), BATCH):
            batch = places[start : start + BATCH]
            rows = ", ".join(["(%s, %s, %s, %s)"] * len(batch))
            cursor.execute(
                f"INSERT INTO comments_comment ({', '.join(moved)}, {copied})"  # noqa: S608 - names of columns
                f" SELECT places.*, {copied} FROM comments_comment, (VALUES {rows}) AS places WHERE id = {root.pk}",
                list(chain.from_iterable(batch)),
            )
        cursor.execute("ANALYZE")
    Discussion.objects.filter(pk=own_post.pk).update(count=ALL)
    return root


def assert_direct(read: Callable[[], Any], *, queries: int, walk: int = 0) -> None:
    """Few queries, none of which reads the table through; the one numbered `walk` goes along an index, sorting nothing.

    Which index is the planner's choice: where nearly all are shown, two are as good.
    """
    found = plans(read)
    assert len(found) == queries
    for plan in found:
        assert "Seq Scan on comments_comment" not in plan, plan
        assert "SCAN comments_comment'" not in plan, plan
    assert "INDEX comment_" in found[walk] or "using comment_" in found[walk], found[walk]
    assert "TEMP B-TREE" not in found[walk], found[walk]
    assert "Sort" not in found[walk], found[walk]


def test_any_page_of_a_great_discussion_is_found_at_once(thread: Comment, own_post: Post, client: Client) -> None:
    discussion = own_post.discussion
    middle, last = thread.pk + IN_ONE_THREAD // 2, thread.pk + ALL - 1

    first = pages.page(discussion, None)
    assert [row.comment.pk for row in first.rows] == list(range(thread.pk, thread.pk + 50))
    assert first.thread_left == pages.MOST_COUNTED + 1
    assert_direct(lambda: pages.page(discussion, None), queries=2)

    deep = pages.page(discussion, ids.encode(middle))
    assert [row.comment.pk for row in deep.rows if not row.is_context] == list(range(middle + 1, middle + 51))
    assert [row.level for row in deep.rows] == [paths.levels(row.comment.path) for row in deep.rows]
    assert_direct(lambda: pages.page(discussion, ids.encode(middle)), queries=2)

    beyond = pages.page(discussion, first.next_cursor)
    assert beyond.rows[0].comment.pk == thread.pk + IN_ONE_THREAD
    assert_direct(lambda: pages.page(discussion, first.next_cursor), queries=1)

    end = pages.page(discussion, ids.encode(last - 15))
    assert (end.rows[-1].comment.pk, end.next_cursor) == (last, "")
    assert_direct(lambda: pages.page(discussion, ids.encode(last - 15)), queries=2)

    for comment in Comment.objects.filter(pk__in=(thread.pk, middle, last)):
        assert pages.around(comment).rows[comment.depth].comment.pk == comment.pk
        assert_direct(partial(pages.around, comment), queries=1)

    assert_direct(lambda: client.get("/feeds/comments.atom"), queries=2)
    address = feeds.comments_address(own_post)
    assert_direct(lambda: client.get(address), queries=2, walk=1)
    assert "100000 comments" in client.get(own_post.get_absolute_url()).text

    # What is asked of all comments when somebody's account or a comment is erased.
    for column in ("user", "person", "reply_to", "parent"):
        concerned = Comment.objects.filter(**{f"{column}__in": [last]}).order_by()
        assert_direct(partial(list, concerned.all()), queries=1)

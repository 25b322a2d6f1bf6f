"""The reading order of comments, and the queries of a page."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from blog.models import Post
from comments.models import Comment, Discussion
from comments.moderation.steps import remove
from comments.threads import ids, pages
from core import clock
from tests.comments.conftest import Say

TAG = Template("{% load comment_tags %}{% comment_thread post %}")
COUNT = Template("{% load comment_tags %}{% comment_count post %}")


@pytest.fixture
def small_pages(settings: Settings) -> None:
    settings.COMMENTS_PER_PAGE = 3


def fresh(post: Post) -> Post:
    return Post.objects.for_page().get(pk=post.pk)


def shown(post: Post, after: str | None = None) -> str:
    return TAG.render(Context({"post": fresh(post), "comments_after": after}))


class Outline(HTMLParser):
    """The nesting of lists on the page: (number of lists around it, id) for every article."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.articles: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ol", "li", "article"):
            if self.open and tag == "ol":
                assert self.open[-1] == "li", "a list is in an item"
            if tag == "li":
                assert self.open[-1] == "ol"
            if tag == "article":
                self.articles.append((self.open.count("ol"), str(dict(attrs)["id"])))
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ol", "li", "article"):
            assert self.open.pop() == tag


def outline(html: str) -> list[tuple[int, str]]:
    parser = Outline()
    parser.feed(html)
    assert not parser.open
    return parser.articles


def test_replies_are_in_lists_inside_their_parent(say: Say, own_post: Post) -> None:
    first = say("first")
    second = say("second")
    reply = say("reply", to=first)
    deep = say("deep", to=reply)
    later = say("later", to=first)
    expected = [(1, first), (2, reply), (3, deep), (2, later), (1, second)]
    assert outline(shown(own_post)) == [(level, f"c-{comment.public_id}") for level, comment in expected]


def test_all_pages_together_are_the_discussion_in_order(say: Say, own_post: Post, small_pages: None) -> None:
    posted: list[Comment] = []
    for number in range(10):
        posted.append(say(str(number), to=posted[number // 2] if number % 3 else None))
    read, after = [], None
    for _page in range(10):
        page = pages.get_page(own_post.discussion, after)
        read += [row.comment.pk for row in page.rows if not row.is_context]
        after = page.next_cursor
        if not after:
            break
    assert read == [comment.pk for comment in sorted(posted, key=lambda comment: comment.path)]


def test_a_page_that_begins_inside_a_thread_shows_the_ancestors(
    say: Say, own_post: Post, small_pages: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chain = [say("0")]
    for number in range(1, 5):
        chain.append(say(str(number), to=chain[-1]))
    first = pages.get_page(own_post.discussion, None)
    post = fresh(own_post)
    with django_assert_num_queries(2):  # the page · its context
        html = TAG.render(Context({"post": post, "comments_after": first.next_cursor}))
    assert outline(html) == [(level, f"c-{comment.public_id}") for level, comment in enumerate(chain, start=1)]
    assert html.count("comment-context") == 3
    assert "#comments" in html


@pytest.mark.parametrize("comments", [0, 1, 7])
def test_a_first_page_takes_one_query_whatever_it_holds(
    say: Say, own_post: Post, comments: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    root = None
    for number in range(comments):
        root = say(str(number), to=root)
    post = fresh(own_post)
    with django_assert_num_queries(1):  # the page
        TAG.render(Context({"post": post}))
    with django_assert_num_queries(0):
        COUNT.render(Context({"post": post}))


def test_a_cursor_that_is_gone_or_foreign_or_invalid_still_gives_a_page(say: Say, own_post: Post) -> None:
    first, second = say("first"), say("second")
    gone = ids.encode(first.pk + (second.pk - first.pk) // 2)
    assert [row.comment.pk for row in pages.get_page(own_post.discussion, gone).rows] == [second.pk]
    for invalid in ("", "x", "\0", "' OR 1=1 --", "u" * 11, None):
        found = pages.get_page(own_post.discussion, invalid).rows
        assert [row.comment.pk for row in found] == [first.pk, second.pk]
    assert "no more comments" in shown(own_post, ids.encode(ids.LIMIT - 1))


def test_tombstones_show_neither_name_nor_text(say: Say, own_post: Post, moderator: User) -> None:
    root = say("An insult.", name="Rude Reader")
    say("Please not.", to=root)
    remove(root, by=moderator, reason="an insult")
    html = shown(own_post)
    assert "removed by a moderator" in html
    assert "Rude Reader" not in html
    assert "insult" not in html
    assert "Please not." in html


def test_a_reply_says_whom_it_replies_to(say: Say, own_post: Post) -> None:
    root = say("Root.", name="Ann")
    say("Reply.", to=root, name="Bo")
    assert "reply to Ann, level 2" in shown(own_post)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"state": "readonly"}, "closed"),
        ({"state": "open"}, "Post comment"),
    ],
)
def test_there_is_a_form_or_the_reason_why_there_is_none(
    say: Say, own_post: Post, change: dict[str, Any], text: str
) -> None:
    say("A remark.")
    Discussion.objects.filter(pk=own_post.pk).update(**change)
    html = shown(own_post)
    assert text in html
    assert "A remark." in html
    assert ("<form" in html) == ("Reply" in html) == (change["state"] == "open")


def test_a_hidden_discussion_shows_nothing(say: Say, own_post: Post) -> None:
    comment = say("A remark.")
    Discussion.objects.filter(pk=own_post.pk).update(state="hidden")
    assert "remark" not in shown(own_post)
    assert COUNT.render(Context({"post": fresh(own_post)})) == ""
    assert not Comment.objects.public().filter(pk=comment.pk).exists()


def test_a_post_that_is_not_stored_yet_has_a_placeholder_for_the_discussion() -> None:
    assert "Comments will appear here." in TAG.render(Context({"post": Post(title="New")}))


def test_the_form_depends_on_neither_reader_nor_time(say: Say, own_post: Post) -> None:
    say("A remark.")
    html = shown(own_post)
    assert html == shown(own_post)
    assert "csrf" not in html


@pytest.fixture
def crowd(say: Say) -> Comment:
    """A comment with two thousand replies: with only a few rows, the planner would scan the table."""
    root = say("Root.")
    replies = [
        Comment(
            pk=root.pk + number,
            discussion_id=root.discussion_id,
            parent=root,
            path=root.path + ids.segment(root.pk + number),
            depth=1,
            state="published" if number % 3 else "spam",
            shown=bool(number % 3),
            name="Rea Reader",
            source="x" * 300,
            html="x" * 300,
            render_version=1,
            published_at=clock.now(),
        )
        for number in range(1, 2001)
    ]
    Comment.objects.bulk_create(replies)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # rows that earlier tests rolled back are still in the indexes
            cursor.execute("REINDEX TABLE comments_comment")
        cursor.execute("ANALYZE comments_comment")
    return root


def plan(read: Callable[[], Any]) -> str:
    """Return the query plan of the one page that `read` reads."""
    with CaptureQueriesContext(connection) as queries:
        read()
    (page,) = (query["sql"] for query in queries if f"LIMIT {settings.COMMENTS_PER_PAGE * 3 // 2 + 1}" in query["sql"])
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {page}")
        return "\n".join(str(row) for row in cursor.fetchall())


@pytest.mark.parametrize(
    "read",
    [
        lambda root: pages.get_page(root.discussion, None),
        lambda root: pages.get_page(root.discussion, root.public_id),
        pages.page_around,
    ],
    ids=["first page", "later page", "replies"],
)
def test_a_page_uses_the_partial_index_and_sorts_nothing(crowd: Comment, read: Callable[[Comment], Any]) -> None:
    """SQLite uses it for `AND shown`, which is the SQL of `filter(shown=True)`, but not for `shown = 1`.

    PostgreSQL may estimate that the index of all paths, which has the same order, is as cheap.
    """
    found = plan(lambda: read(crowd))
    in_order = {"comment_reading"} | ({"comment_one_place"} if connection.vendor == "postgresql" else set())
    assert any(index in found for index in in_order), found
    assert "Sort" not in found, found
    assert "TEMP B-TREE" not in found, found

"""Lists on a blog of 20,000 posts, nearly all by one host: no query reads through a whole table."""

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client

from blog.models import Person, Post, Tag
from blog.models.posts import COUNT_LIMIT
from comments.posting.submission import submit
from comments.threads.feeds import comment_feed_path
from tests.conftest import MakePost, MakeRepost
from tests.plans import plans

ALL = 20_000


@pytest.fixture
def middle(noon: datetime, make_post: MakePost, make_repost: MakeRepost) -> Post:
    """One of many copies of a post with different dates. Every second one has the tag Common, ten have the tag Rare."""
    common, rare = (Tag.objects.create(name=name, slug=name.lower()) for name in ("Common", "Rare"))
    make_repost().tags.add(rare)
    post = make_post("copied", published_at=datetime.fromisoformat("2026-10-01T00:00:00Z"))
    submit(post_id=post.pk, name="Rea", text="A remark.")
    columns = [f'"{field.column}"' for field in Post._meta.concrete_fields if field.column not in ("id", "slug")]
    own = [f"blog_post.{column}" for column in columns]
    first = Post.objects.order_by("pk").last().pk + 1  # type: ignore[union-attr]
    moments = [post.published_at.replace(day=1 + n % 28, hour=n // 28 % 24, minute=n // 672 % 60) for n in range(ALL)]  # type: ignore[union-attr]
    as_stored = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        for start in range(0, ALL, 5_000):
            rows = [(first + n, f"copy-{n}") for n in range(start, start + 5_000)]
            values = ", ".join(f"({number}, '{slug}')" for number, slug in rows)
            cursor.execute(
                f"INSERT INTO blog_post (id, slug, {', '.join(columns)})"  # noqa: S608 - only our own names and numbers
                f" SELECT copies.*, {', '.join(own)} FROM blog_post, (VALUES {values}) AS copies WHERE id = {post.pk}"
            )
        through = "INSERT INTO blog_post_tags (post_id, tag_id) SELECT id"
        cursor.execute(f"{through}, {common.pk} FROM blog_post WHERE id >= {first} AND id % 2 = 0")
        cursor.execute(f"{through}, {rare.pk} FROM blog_post WHERE id >= {first} AND id % 2000 = 0")
        published = [(as_stored(moment), first + n) for n, moment in enumerate(moments)]
        cursor.executemany("UPDATE blog_post SET published_at = %s WHERE id = %s", published)
        cursor.execute("ANALYZE")
    return Post.objects.get(pk=first + ALL // 2)


def assert_no_table_scan(url: str, *, queries: int) -> list[str]:
    found = plans(lambda: Client().get(url))
    assert len(found) == queries
    for plan in found:
        for name in ("blog_post", "blog_post_tags"):
            assert f"Seq Scan on {name}" not in plan, plan
            assert f"SCAN {name}'" not in plan, plan
    return found


def test_lists_use_an_index_and_sort_nothing(middle: Post) -> None:
    for url, queries in (
        ("/", 2),
        (f"/?before={middle.pk}", 3),
        ("/2026/10/", 3),
        (f"/2026/10/?before={middle.pk}", 4),
        ("/tags/common/", 3),
        (f"/tags/common/?before={middle.pk}", 4),
        (f"/people/eldon-host/?before={middle.pk}", 4),
        ("/feeds/posts.atom", 2),
    ):
        found = assert_no_table_scan(url, queries=queries)
        lists = [plan for plan in found if "post_published" in plan and "blog_repost" in plan]
        assert lists, found
        assert "TEMP B-TREE" not in lists[-1], lists[-1]
        assert "Sort" not in lists[-1], lists[-1]


def test_a_tag_or_person_with_few_posts_is_listed_without_reading_other_posts(middle: Post) -> None:
    assert Tag.objects.public().get(slug="rare").post_count == 11  # type: ignore[attr-defined]
    assert Tag.objects.public().get(slug="common").post_count == COUNT_LIMIT + 1  # type: ignore[attr-defined]
    assert Person.objects.public().get(slug="ada-colleague").post_count == 0  # type: ignore[attr-defined]
    for url in ("/tags/rare/", "/people/ada-colleague/"):
        (found,) = [plan for plan in assert_no_table_scan(url, queries=3) if "comments_disc" in plan]
        assert "post_published" not in found, found
        assert "permitted-repost" in Client().get(url).text


def test_a_comment_page_does_not_read_all_posts(middle: Post) -> None:
    comment = Post.objects.get(slug="copied").discussion.comments.get()
    assert_no_table_scan(comment.get_absolute_url(), queries=2)
    assert_no_table_scan("/feeds/comments.atom", queries=2)
    assert_no_table_scan(comment_feed_path(comment.discussion.post), queries=2)

"""Parts of a post's page that are kept: never shown once anything in them would be different."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import cast

import pytest
from django.db import models
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings

from blog.models import Blog, Credit, Person, Post, Repost, Tag, Video
from blog.permissions import steps
from blog.reading.post_page import AsRead, load_post
from blog.reading.views import page_context
from blog.templatetags.blog_tags import Kept
from blog.videos import references
from blog.videos.references import Reference
from comments.models import Comment
from comments.posting.submission import submit
from core import clock
from tests.conftest import NOON, MakeRepost


@pytest.fixture
def post(noon: datetime, make_repost: MakeRepost, blog: Blog, host: Person) -> Post:
    """With one of everything that its page shows, and an end that comes."""
    Blog.objects.update(owner=host)
    found = make_repost(expires_on=date(2026, 11, 22))
    found.tags.add(Tag.objects.create(name="Images", slug="images"))
    film = Video(post=found, part=Video.Part.REPOST, title="A film", page_url="https://vimeo.com/1")
    film.reference = cast("Reference", references.parse(film.page_url))
    film.save()
    return found


def as_read(post: Post) -> AsRead:
    found = load_post(post.slug)
    assert found
    return AsRead.of(found)


def page(post: Post) -> bytes:
    return Client().get(post.get_absolute_url()).content


def say(post: Post) -> Comment:
    return submit(post_id=post.pk, name="Rea Reader", text="Well said.", parent="")


def rows_of(row: models.Model, seen: set[int]) -> Iterator[models.Model]:
    """A row, and all that came with it."""
    if id(row) not in seen:
        seen.add(id(row))
        yield row
        beside = [one for rows in vars(row).get("_prefetched_objects_cache", {}).values() for one in rows]
        for related in [*row._state.fields_cache.values(), *beside]:
            if related is not None:
                yield from rows_of(related, seen)


def test_the_key_changes_with_every_value_that_was_read(post: Post) -> None:
    found = load_post(post.slug)
    assert found
    before, rows = AsRead.of(found), list(rows_of(found, set()))
    kinds = {type(row).__name__ for row in rows}
    assert kinds == {"Post", "Blog", "Person", "Repost", "Wording", "Credit", "Tag", "Video", "Discussion"}
    for row in rows:
        for name in [name for name in vars(row) if not name.startswith("_")]:
            value, vars(row)[name] = vars(row)[name], "something else"
            assert AsRead.of(found) != before, (row, name)
            vars(row)[name] = value
    assert AsRead.of(found) == before


def test_a_new_comment_changes_nothing_in_the_key_of_the_post_itself(post: Post) -> None:
    before = as_read(post)
    say(post)
    assert as_read(post).post == before.post
    assert as_read(post).companions != before.companions


@pytest.mark.parametrize("far", [timedelta(hours=-30), timedelta(0), timedelta(hours=30), timedelta(days=5)])
def test_a_page_is_as_if_nothing_were_kept_whatever_the_clock_says(post: Post, far: timedelta) -> None:
    """Before, at, and after every moment that the page depends on: the publication and the end of the permission."""
    page(post)
    ends_at = Repost.objects.get().ends_at
    assert ends_at
    for moment in [NOON + far, ends_at - timedelta(seconds=1), ends_at, ends_at + timedelta(seconds=1)]:
        with clock.standing_at(moment):
            answer = page(post)
            Kept.made.clear()
            assert answer == page(post), moment
            page(post)


def test_words_that_are_withdrawn_are_not_in_what_was_kept(post: Post) -> None:
    assert b"camera" in page(post)
    steps.withdraw(Repost.objects.get(), by="Eldon Host", note="")
    assert b"camera" not in page(post)


@pytest.mark.parametrize("model", [Post, Blog, Person, Credit, Tag, Repost])
def test_what_is_changed_is_shown(post: Post, model: type[models.Model]) -> None:
    page(post)
    column, value = {
        Post: ("title", "Another title"),
        Blog: ("title", "Another blog"),
        Person: ("name", "Another name"),
        Credit: ("role", Credit.Role.TRANSLATOR),
        Tag: ("name", "Another tag"),
        Repost: ("note", "Another note"),
    }[model]
    model._default_manager.update(**{column: value})
    answer = page(post)
    Kept.made.clear()
    assert answer == page(post)


def test_after_a_new_comment_the_article_is_not_made_again(post: Post) -> None:
    page(post)
    made = dict(Kept.made)
    comment = say(post)
    assert comment.public_id.encode() in page(post)
    assert len(Kept.made) == len(made) + 1  # the head tells how many there are
    assert {key: Kept.made[key] for key in made} == made


def test_no_more_is_kept_than_there_is_room_for(post: Post, settings: Settings) -> None:
    settings.POST_PARTS_KEPT = 3
    for title in "abcdef":
        Post.objects.update(title=title)
        assert f"<title>{title}".encode() in page(post)
    assert len(Kept.made) == 3


def test_nothing_is_kept_where_nothing_may_be(post: Post, settings: Settings) -> None:
    settings.POST_PARTS_KEPT = 0
    page(post)
    assert not Kept.made


def test_a_preview_keeps_nothing(post: Post, host: Person) -> None:
    render_to_string("blog/post_detail.html", {**page_context(post), "blog": post.blog, "preview": True})
    assert not Kept.made

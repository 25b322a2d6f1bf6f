"""The small JSON response that an open page polls for new comments."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from blog.models import Post
from comments.models import Comment, Discussion
from comments.moderation.steps import remove
from tests.comments.conftest import Say


def version_path(post: Post) -> str:
    return f"/comments/version/{post.pk}/"


def test_it_has_the_count_and_the_path_of_the_newest_comment(
    client: Client, own_post: Post, say: Say, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    say("First.")
    newest = say("Second.")
    with django_assert_num_queries(2):  # post with discussion · the newest
        response = client.get(version_path(own_post))
    assert response.json() == {"count": 2, "version": 2, "newest": f"{newest.get_absolute_url()}#c-{newest.public_id}"}


def test_without_comments_there_is_no_newest(client: Client, own_post: Post) -> None:
    assert client.get(version_path(own_post)).json() == {"count": 0, "version": 0, "newest": ""}


def test_every_visible_change_raises_the_version(client: Client, own_post: Post, say: Say, moderator: User) -> None:
    first, second = say("First."), say("Second.")
    remove(second, by=moderator, reason="")
    newest = f"{first.get_absolute_url()}#c-{first.public_id}"
    assert client.get(version_path(own_post)).json() == {"count": 1, "version": 3, "newest": newest}


@pytest.mark.parametrize("state", [state for state in Comment.State if state != Comment.State.PUBLISHED])
def test_comments_that_readers_do_not_see_are_not_counted(client: Client, own_post: Post, say: Say, state: str) -> None:
    comment = say("A secret.")
    Comment.objects.filter(pk=comment.pk).update(state=state, shown=False)
    Discussion.objects.update(count=0)
    body = client.get(version_path(own_post)).content.decode()
    assert comment.public_id not in body
    assert "secret" not in body


def test_shared_caches_may_store_it_for_a_moment(client: Client, own_post: Post, moderator: User) -> None:
    client.force_login(moderator)
    response = client.get(version_path(own_post))
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=15, must-revalidate"
    assert response["Content-Type"] == "application/json"
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies
    assert response.content == Client().get(version_path(own_post)).content


def test_posts_and_discussions_that_are_not_public_have_no_version(client: Client, own_post: Post) -> None:
    Discussion.objects.update(state="hidden")
    assert client.get(version_path(own_post)).status_code == 404
    Discussion.objects.update(state="open")
    Post.objects.update(status="draft")
    assert client.get(version_path(own_post)).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["0", "9" * 30])
def test_posts_that_do_not_exist_have_no_version(client: Client, number: str) -> None:
    assert client.get(f"/comments/version/{number}/").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_other_methods_are_refused(client: Client, own_post: Post, method: str) -> None:
    assert getattr(client, method)(version_path(own_post)).status_code == 405

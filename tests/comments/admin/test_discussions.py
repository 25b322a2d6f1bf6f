"""Closing and reopening discussions in the admin, and the links there from a post."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from blog.models import Blog, Person, Post
from comments.models import Discussion
from comments.moderation import closing, steps
from comments.posting.submission import Refused
from core import clock
from tests.comments.conftest import Say
from tests.comments.moderator_pages import page, staff
from tests.comments.thread_integrity import assert_whole
from tests.conftest import MakePost

DISCUSSIONS = "/admin/comments/discussion/"
State = Discussion.State


@pytest.fixture
def host_desk(client: Client, host: Person) -> Client:
    assert host.user
    client.force_login(host.user)
    return client


def stored(post: Post) -> Discussion:
    return Discussion.objects.select_related("post__blog").get(pk=post.pk)


def settings_url(post: Post) -> str:
    return f"{DISCUSSIONS}{post.pk}/change/"


def save(desk: Client, post: Post, **sent: str) -> int:
    defaults = {"state": "open", "hold": "", "closes_at_0": "", "closes_at_1": ""}
    return desk.post(settings_url(post), defaults | sent).status_code


# --- The form


def test_the_form_stores_the_settings_of_a_discussion(host_desk: Client, say: Say, own_post: Post) -> None:
    say("Before.")
    before = stored(own_post).version
    sent = {"state": "readonly", "hold": "all", "closes_at_0": "2030-01-31", "closes_at_1": "12:00", "stays_open": "on"}
    assert save(host_desk, own_post, **sent) == 302
    discussion = stored(own_post)
    assert (discussion.state, discussion.hold, discussion.stays_open) == ("readonly", "all", True)
    assert discussion.closes_at is not None
    assert discussion.closes_at.isoformat() == "2030-01-31T12:00:00+00:00"
    assert discussion.version > before
    assert_whole(own_post)


def test_the_form_names_the_default_of_the_blog(host_desk: Client, own_post: Post) -> None:
    own_post.blog.comments_hold = "all"
    own_post.blog.save()
    page = host_desk.get(settings_url(own_post)).content.decode()
    assert '<option value="" selected>blog default: everything</option>' in page


def test_the_form_stores_only_its_own_fields(say: Say, own_post: Post, moderator: User) -> None:
    read_before = stored(own_post)
    comment = say("Meanwhile.")
    read_before.state = State.READONLY
    closing.save_settings(read_before)
    discussion = stored(own_post)
    assert (discussion.state, discussion.count) == ("readonly", 1)
    assert discussion.last_published_at == comment.published_at
    steps.remove(comment, by=moderator, reason="")
    assert_whole(own_post)


def test_a_hidden_discussion_accepts_and_shows_nothing(host_desk: Client, say: Say, own_post: Post) -> None:
    comment = say("Hidden soon.")
    save(host_desk, own_post, state="hidden")
    assert Client().get(comment.get_absolute_url()).status_code == 404
    with pytest.raises(Refused):
        say("Too late.")


@pytest.mark.parametrize("year", ["9999", "0001"])
def test_an_impossible_year_is_refused(host_desk: Client, own_post: Post, year: str) -> None:
    assert save(host_desk, own_post, closes_at_0=f"{year}-12-31", closes_at_1="23:59") == 200
    assert stored(own_post).closes_at is None


# --- Close and reopen


def test_a_button_closes_and_reopens_a_discussion(host_desk: Client, say: Say, own_post: Post) -> None:
    html = page(host_desk, settings_url(own_post))
    assert "Close now" in html
    assert "Reopen" not in html
    before = stored(own_post).version
    answer = host_desk.post(f"{DISCUSSIONS}{own_post.pk}/act/close/", follow=True)
    assert "1 discussion was closed." in answer.content.decode()
    assert not stored(own_post).is_open
    assert stored(own_post).version == before + 1
    with pytest.raises(Refused):
        say("Too late.")
    html = page(host_desk, settings_url(own_post))
    assert "Close now" not in html
    answer = host_desk.post(f"{DISCUSSIONS}{own_post.pk}/act/reopen/", follow=True)
    assert "1 discussion is open again and will not close by itself." in answer.content.decode()
    assert stored(own_post).version == before + 2
    say("In time.")
    assert_whole(own_post)


def test_a_reopened_discussion_does_not_close_by_itself(own_post: Post) -> None:
    Blog.objects.update(comments_close_after=1)
    Post.objects.filter(pk=own_post.pk).update(published_at=clock.now() - timedelta(days=9))
    assert not stored(own_post).is_open
    assert closing.reopen([stored(own_post)]) == 1
    assert stored(own_post).is_open
    Discussion.objects.update(closes_at=clock.now() - timedelta(days=1))
    assert not stored(own_post).is_open
    assert closing.reopen([stored(own_post)]) == 1
    assert (stored(own_post).is_open, stored(own_post).closes_at) == (True, None)


def test_many_are_closed_at_once_and_hidden_ones_stay_hidden(host_desk: Client, make_post: MakePost) -> None:
    posts = [make_post(f"post-{number}") for number in range(3)]
    Discussion.objects.filter(pk=posts[2].pk).update(state=State.HIDDEN)
    before = {post.pk: stored(post).version for post in posts}
    chosen = [post.pk for post in posts]
    answer = host_desk.post(DISCUSSIONS, {"action": "close", "_selected_action": chosen}, follow=True)
    assert "2 discussions were closed." in answer.content.decode()
    assert [stored(post).state for post in posts] == ["readonly", "readonly", "hidden"]
    assert [stored(post).version - before[post.pk] for post in posts] == [1, 1, 0]
    answer = host_desk.post(DISCUSSIONS, {"action": "close", "_selected_action": chosen}, follow=True)
    assert "0 discussions were closed." in answer.content.decode()
    host_desk.post(DISCUSSIONS, {"action": "reopen", "_selected_action": chosen[:2]})
    assert [stored(post).is_open for post in posts] == [True, True, False]


def test_an_open_discussion_is_not_changed_by_reopening(own_post: Post) -> None:
    before = stored(own_post)
    assert closing.reopen([before]) == 0
    assert (stored(own_post).version, stored(own_post).stays_open) == (before.version, False)


# --- Lists, links and permissions


def test_the_list_shows_the_present_settings(host_desk: Client, own_post: Post, make_post: MakePost) -> None:
    over = make_post("over")
    Discussion.objects.filter(pk=over.pk).update(closes_at=clock.now() - timedelta(days=1), hold="all")
    html = page(host_desk, DISCUSSIONS)
    assert "closed since" in html
    assert "everything</td>" in html
    assert "what has links or looks like spam</td>" in html  # the default of the blog


def test_the_number_of_queries_does_not_grow_with_the_list(
    host_desk: Client, make_post: MakePost, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_post("first")
    # session · user · blog · count · discussions with posts and blog
    with django_assert_num_queries(6):
        host_desk.get(DISCUSSIONS)
    for number in range(7):
        make_post(f"post-{number}")
    with django_assert_num_queries(6) as queries:
        host_desk.get(DISCUSSIONS)
    assert not any('"body"' in query["sql"] for query in queries.captured_queries)


def test_a_post_links_to_its_comments_and_to_its_discussion(
    host_desk: Client, say: Say, own_post: Post, make_post: MakePost
) -> None:
    say("Under this post.")
    html = page(host_desk, f"/admin/blog/post/{own_post.pk}/change/")
    assert settings_url(own_post) in html
    comments = f"/admin/comments/comment/?discussion={own_post.pk}"
    assert comments in html
    assert "Under this post." in page(host_desk, comments)
    elsewhere = f"/admin/comments/comment/?discussion={make_post('elsewhere').pk}"
    assert "Under this post." not in page(host_desk, elsewhere)
    assert comments in page(host_desk, settings_url(own_post))
    assert "/admin/comments/" not in page(host_desk, "/admin/blog/post/add/").partition("<main")[2].partition("form")[0]


def test_only_users_with_permission_change_discussions(own_post: Post) -> None:
    close_url = f"{DISCUSSIONS}{own_post.pk}/act/close/"
    assert "/admin/login/" in Client().post(close_url)["Location"]
    viewer = staff("viewer", "view_discussion", "view_comment", "change_comment")
    assert "Close now" not in page(viewer, settings_url(own_post))
    assert viewer.post(close_url).status_code == 403
    assert save(viewer, own_post, state="hidden") == 403
    viewer.post(DISCUSSIONS, {"action": "close", "_selected_action": own_post.pk})
    assert stored(own_post).is_open
    editor = staff("editor", "view_discussion", "change_discussion")
    assert editor.post(close_url).status_code == 302
    assert not stored(own_post).is_open


def test_get_changes_nothing_and_invalid_requests_cause_no_error(host_desk: Client, own_post: Post) -> None:
    for method in (host_desk.get, host_desk.head):
        assert method(f"{DISCUSSIONS}{own_post.pk}/act/close/").status_code == 302
    assert stored(own_post).is_open
    assert host_desk.post(f"{DISCUSSIONS}{own_post.pk}/act/explode/").status_code == 404
    for number in (0, 2**63, 10**30):
        assert host_desk.post(f"{DISCUSSIONS}{number}/act/close/").status_code == 404
    for selected in ("x", "\0", str(10**40)):
        sent = {"action": "close", "_selected_action": selected}
        assert host_desk.post(DISCUSSIONS, sent, follow=True).status_code == 200


def test_a_discussion_is_deleted_only_with_its_post(host_desk: Client, own_post: Post) -> None:
    url = f"{DISCUSSIONS}{own_post.pk}"
    assert host_desk.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
    assert "deletelink" not in page(host_desk, f"{url}/change/")
    host_desk.post(DISCUSSIONS, {"action": "delete_selected", "_selected_action": own_post.pk, "post": "yes"})
    assert Discussion.objects.exists()
    host_desk.post(f"/admin/blog/post/{own_post.pk}/delete/", {"post": "yes"})
    assert not Discussion.objects.exists()


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 40])
def test_a_primary_key_too_large_for_the_database_is_no_error(host_desk: Client, number: str) -> None:
    url = f"{DISCUSSIONS}{number}/change/"
    assert host_desk.get(url).status_code == 302
    assert host_desk.post(url, {}).status_code == 302

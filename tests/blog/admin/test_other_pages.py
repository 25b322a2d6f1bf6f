"""The other rooms of the admin: its index, the blog's settings, people, tags, work."""

import re
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from blog.models import Blog, Post, Repost
from core.extension_points import JOBS
from core.models import Task
from tests.conftest import MakeRepost


@pytest.mark.parametrize("room", ["person", "tag", "post", "permissionevent", "video", "work", "blog"])
def test_every_room_opens_without_inline_scripts_or_styles(desk: Client, permitted_repost: Post, room: str) -> None:
    page = desk.get(reverse(f"admin:blog_{room}_changelist"), follow=True)
    assert page.status_code == 200
    html = page.content.decode()
    assert "<style" not in html
    assert " style=" not in html
    assert "<script>" not in html


def test_the_index_begins_with_what_a_host_does(desk: Client) -> None:
    page = desk.get(reverse("admin:index")).content.decode()
    assert page.index("Write a post") < page.index("Read the comments") < page.index("Set up the blog")
    assert page.index("Set up the blog") < page.index(reverse("admin:blog_tag_changelist"))
    assert page.index(reverse("admin:blog_tag_changelist")) < page.index(reverse("admin:auth_user_changelist"))


def test_there_is_one_blog_and_its_list_is_its_form(desk: Client, blog: Blog) -> None:
    change = reverse("admin:blog_blog_change", args=[blog.pk])
    assert desk.get(reverse("admin:blog_blog_changelist"))["Location"] == change
    assert desk.get(reverse("admin:blog_blog_add")).status_code == 403
    assert desk.post(reverse("admin:blog_blog_delete", args=[blog.pk]), {"post": "yes"}).status_code == 403


def test_a_new_time_zone_moves_the_ends_of_permissions(desk: Client, blog: Blog, make_repost: MakeRepost) -> None:
    make_repost(expires_on=date(2030, 1, 31))
    make_repost("endless")
    data = {"title": blog.title, "language": "en", "time_zone": "Asia/Tokyo", "comments_hold": "links"}
    assert desk.post(reverse("admin:blog_blog_change", args=[blog.pk]), data).status_code == 302
    ends = Repost.objects.order_by("pk").values_list("ends_at", flat=True)
    assert list(ends) == [datetime(2030, 1, 31, 15, tzinfo=UTC), None]


def test_an_unknown_time_zone_is_refused(desk: Client, blog: Blog) -> None:
    data = {"title": blog.title, "language": "en", "time_zone": "Mars/Olympus"}
    page = desk.post(reverse("admin:blog_blog_change", args=[blog.pk]), data).content.decode()
    assert "is not a time zone" in page


def test_the_admin_speaks_the_language_of_the_blog(desk: Client, blog: Blog) -> None:
    Blog.objects.update(language="de")
    assert "Abmelden" in desk.get(reverse("admin:index")).content.decode()
    assert "Anmelden" in Client().get(reverse("admin:login")).content.decode()


def test_a_new_post_and_its_repost_begin_in_the_language_of_the_blog(desk: Client, blog: Blog) -> None:
    Blog.objects.update(language="fa")
    page = desk.get(reverse("admin:blog_post_add")).content.decode()
    for name in ("language", "repost-0-language"):
        assert re.search(f'<input[^>]* name="{name}" value="fa"', page)


def test_what_has_no_label_of_its_own_in_the_form_has_a_name_for_screen_readers(desk: Client, blog: Blog) -> None:
    page = desk.get(reverse("admin:blog_post_add")).content.decode()
    assert re.search('<select[^>]* name="credits-0-role"[^>]* aria-label="Role"', page)
    assert re.search('<input[^>]* name="credits-0-position"[^>]* aria-label="Order"', page)
    assert re.search('<select[^>]* name="credits-0-person"[^>]* title="Person"', page)
    assert re.search('<input[^>]* name="published_at_0"[^>]* aria-label="Published: date"', page)
    assert re.search('<input[^>]* name="published_at_1"[^>]* aria-label="Published: time"', page)


def test_given_up_work_can_be_tried_again(desk: Client, noon: datetime) -> None:
    name = next(iter(JOBS))
    work = Task.objects.create(job=name, argument="1", attempts=12, failed_at=noon, last_error="It broke.")
    desk.post(reverse("admin:core_task_changelist"), {"action": "try_again", "_selected_action": work.pk})
    work.refresh_from_db()
    assert (work.attempts, work.failed_at) == (0, None)


@pytest.mark.parametrize("room", ["post", "person"])
@pytest.mark.parametrize("query", ["title=Forged&name=Forged", "author=abc&user=abc", "tags=abc", "published_at=abc"])
def test_a_link_fills_in_no_form(desk: Client, blog: Blog, room: str, query: str) -> None:
    page = desk.get(f"{reverse(f'admin:blog_{room}_add')}?{query}")
    assert page.status_code == 200
    assert "Forged" not in page.content.decode()


@pytest.mark.parametrize("number", [0, 2**63, 10**30])
def test_no_number_of_a_post_is_an_error(desk: Client, number: int) -> None:
    for step in ("preview", "permission/withdraw"):
        assert desk.post(f"/admin/blog/post/{number}/{step}/").status_code == 404

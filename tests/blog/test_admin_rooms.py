"""The other rooms of the admin: its index, the blog's settings, people, tags, work."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from blog import worker
from blog.models import Blog, Post, Repost, Work
from tests.conftest import MakeRepost


@pytest.mark.parametrize("room", ["person", "tag", "post", "permissionevent", "work", "blog"])
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
    data = {"title": blog.title, "language": "en", "time_zone": "Asia/Tokyo"}
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


def test_given_up_work_can_be_tried_again(desk: Client, noon: datetime) -> None:
    name = next(iter(worker.JOBS))
    work = Work.objects.create(job=name, argument="1", attempts=12, failed_at=noon, last_error="It broke.")
    desk.post(reverse("admin:blog_work_changelist"), {"action": "try_again", "_selected_action": work.pk})
    work.refresh_from_db()
    assert (work.attempts, work.failed_at) == (0, None)

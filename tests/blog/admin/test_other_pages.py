"""The other pages of the admin: its index, the blog's settings, people, tags and tasks."""

import re
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from blog.models import Blog, Post, Repost
from core.extension_points import JOBS
from core.models import Task
from tests.conftest import MakeRepost

PAGES = ["blog_person", "blog_tag", "blog_post", "blog_permissionevent", "blog_video", "blog_blog", "core_task"]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_of_the_admin_has_inline_scripts_or_styles(desk: Client, permitted_repost: Post, name: str) -> None:
    page = desk.get(reverse(f"admin:{name}_changelist"), follow=True)
    assert page.status_code == 200
    html = page.content.decode()
    assert "<style" not in html
    assert " style=" not in html
    assert "<script>" not in html


def test_the_index_begins_with_common_tasks(desk: Client) -> None:
    page = desk.get(reverse("admin:index")).content.decode()
    assert page.index("Write a post") < page.index("Read the comments") < page.index("Set up the blog")
    assert page.index("Set up the blog") < page.index(reverse("admin:blog_tag_changelist"))
    assert page.index(reverse("admin:blog_tag_changelist")) < page.index(reverse("admin:auth_user_changelist"))


def test_there_is_one_blog_and_its_list_redirects_to_its_form(desk: Client, blog: Blog) -> None:
    change = reverse("admin:blog_blog_change", args=[blog.pk])
    assert desk.get(reverse("admin:blog_blog_changelist"))["Location"] == change
    assert desk.get(reverse("admin:blog_blog_add")).status_code == 403
    assert desk.post(reverse("admin:blog_blog_delete", args=[blog.pk]), {"post": "yes"}).status_code == 403


def test_changing_the_time_zone_moves_the_ends_of_permissions(
    desk: Client, blog: Blog, make_repost: MakeRepost
) -> None:
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


def test_the_admin_is_in_the_language_of_the_blog(desk: Client, blog: Blog) -> None:
    Blog.objects.update(language="de")
    assert "Abmelden" in desk.get(reverse("admin:index")).content.decode()
    assert "Anmelden" in Client().get(reverse("admin:login")).content.decode()


def test_a_new_post_and_its_repost_default_to_the_language_of_the_blog(desk: Client, blog: Blog) -> None:
    Blog.objects.update(language="fa")
    page = desk.get(reverse("admin:blog_post_add")).content.decode()
    for name in ("language", "repost-0-language"):
        assert re.search(f'<input[^>]* name="{name}" value="fa"', page)


def test_inputs_without_a_label_have_a_name_for_screen_readers(desk: Client, blog: Blog) -> None:
    page = desk.get(reverse("admin:blog_post_add")).content.decode()
    assert re.search('<select[^>]* name="credits-0-role"[^>]* aria-label="Role"', page)
    assert re.search('<input[^>]* name="credits-0-position"[^>]* aria-label="Order"', page)
    assert re.search('<select[^>]* name="credits-0-person"[^>]* title="Person"', page)
    assert re.search('<input[^>]* name="published_at_0"[^>]* aria-label="Published: date"', page)
    assert re.search('<input[^>]* name="published_at_1"[^>]* aria-label="Published: time"', page)


def test_failed_tasks_can_be_retried(desk: Client, noon: datetime) -> None:
    name = next(iter(JOBS))
    task = Task.objects.create(job=name, argument="1", attempts=12, failed_at=noon, last_error="It broke.")
    desk.post(reverse("admin:core_task_changelist"), {"action": "try_again", "_selected_action": task.pk})
    task.refresh_from_db()
    assert (task.attempts, task.failed_at) == (0, None)


@pytest.mark.parametrize("name", ["post", "person"])
@pytest.mark.parametrize("query", ["title=Forged&name=Forged", "author=abc&user=abc", "tags=abc", "published_at=abc"])
def test_a_query_string_fills_in_no_form(desk: Client, blog: Blog, name: str, query: str) -> None:
    page = desk.get(f"{reverse(f'admin:blog_{name}_add')}?{query}")
    assert page.status_code == 200
    assert "Forged" not in page.content.decode()


@pytest.mark.parametrize("number", [0, 2**63, 10**30])
def test_no_primary_key_in_a_url_is_a_server_error(desk: Client, number: int) -> None:
    for step in ("preview", "permission/withdraw"):
        assert desk.post(f"/admin/blog/post/{number}/{step}/").status_code == 404

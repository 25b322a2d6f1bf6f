"""What the admin's start page lists as needing attention."""

from datetime import date, datetime, timedelta

from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from blog.admin import start_page
from blog.models import Blog, Dispute, PermissionRequest, Person, Post, Video
from blog.permissions import author_requests, steps
from core.models import Task
from tests.blog.conftest import confirm, staff
from tests.conftest import MakeRepost

HOST = "Eldon Host"


def test_the_start_page_shows_what_needs_attention(
    desk: Client,
    host: Person,
    noon: datetime,
    make_repost: MakeRepost,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """One query each: objections, answers, revocations, ends, edits, videos, tasks, comments. No body is read."""
    assert "Needs your attention" not in desk.get(reverse("admin:index")).content.decode()
    objected, refused, ending, edited = (make_repost(name) for name in ("objected", "refused", "ending", "edited"))
    steps.revoke(make_repost("revoked").repost)
    dispute = Dispute.objects.create(repost=objected.repost, text="No.", network_key=b"k")
    request = author_requests.ask(refused.repost, by=HOST)
    PermissionRequest.objects.filter(pk=request.pk).update(answer="no", answered_at=noon - timedelta(days=2))
    steps.set_end(ending.repost, by=HOST, last_day=date(2026, 12, 1))
    confirm(edited.repost)
    edited.repost.text = "Other words."
    edited.repost.save()
    steps.assert_by_host(edited.repost, by=HOST)
    assert host.user
    with django_assert_num_queries(8) as queries:
        assert len(start_page.sections_for(host.user)) == 5
    assert not any('"body"' in query["sql"] or '"text"' in query["sql"] for query in queries.captured_queries)
    page = desk.get(reverse("admin:index")).content.decode()
    section = page[page.index('class="attention"') : page.index("</section>")]
    assert reverse("admin:blog_dispute_change", args=[dispute.pk]) in section
    for words in (
        "Refused: no (Ada Colleague)",
        "Ending: ends on Dec. 1, 2026",
        ">Edited</a>",
        "Revoked: revoked by the author",
    ):
        assert words in section


def test_what_is_settled_or_long_ago_needs_no_attention(host: Person, noon: datetime, make_repost: MakeRepost) -> None:
    post = make_repost()
    Dispute.objects.create(repost=post.repost, text="No.", network_key=b"k", state="dismissed")
    request = author_requests.ask(post.repost, by=HOST)
    PermissionRequest.objects.filter(pk=request.pk).update(answer="no", answered_at=noon - timedelta(days=40))
    steps.set_end(post.repost, by=HOST, last_day=date(2027, 12, 1))
    assert host.user
    assert start_page.sections_for(host.user) == []


def test_the_start_page_shows_the_first_items_and_links_to_the_rest(
    desk: Client, host: Person, permitted_repost: Post
) -> None:
    for number in range(7):
        Dispute.objects.create(repost=permitted_repost.repost, text=str(number), network_key=b"k")
    assert host.user
    [section] = start_page.sections_for(host.user)
    assert len(section.items) == 5
    assert len(desk.get(section.more).context["cl"].result_list) == 7


def test_staff_without_permission_for_reposts_see_no_titles_on_the_start_page(permitted_repost: Post) -> None:
    Dispute.objects.create(repost=permitted_repost.repost, text="I wrote this, not she.", network_key=b"k")
    page = staff("view_tag").get(reverse("admin:index")).content.decode()
    assert "Needs your attention" not in page
    assert str(permitted_repost) not in page


def test_failed_tasks_are_shown_to_staff_who_may_retry_them(blog: Blog, noon: datetime) -> None:
    task = Task.objects.create(job="refresh-poster", argument="7", failed_at=noon, last_error="<b>It broke.</b>")
    Task.objects.create(job="refresh-poster", argument="8", last_error="Tried again.")
    page = staff("view_task", "change_task").get(reverse("admin:index")).content.decode()
    assert reverse("admin:core_task_change", args=[task.pk]) in page
    assert "&lt;b&gt;It broke.&lt;/b&gt;" in page
    assert "Tried again." not in page


def test_failed_tasks_are_not_shown_to_others(blog: Blog, noon: datetime) -> None:
    Task.objects.create(job="refresh-poster", argument="7", failed_at=noon, last_error="It broke.")
    assert "It broke." not in staff("change_post", "change_repost").get(reverse("admin:index")).content.decode()


def test_unavailable_videos_are_shown_to_staff_who_may_only_view_videos(own_post: Post, noon: datetime) -> None:
    Video.objects.create(post=own_post, provider="vimeo", title="Lost", status="unavailable", unavailable_since=noon)
    assert f"{own_post}: Lost" in staff("view_video").get(reverse("admin:index")).content.decode()


def test_unavailable_videos_are_not_shown_to_others(own_post: Post, noon: datetime) -> None:
    Video.objects.create(post=own_post, provider="vimeo", title="Lost", status="unavailable", unavailable_since=noon)
    assert f"{own_post}: Lost" not in staff("view_tag").get(reverse("admin:index")).content.decode()

"""What the admin's start page puts before whoever signs in."""

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
    """One query each: objections, answers, revocations, ends, edited words, videos, work, comments; no body is read."""
    assert "Needs your attention" not in desk.get(reverse("admin:index")).content.decode()
    objected, refused, ending, edited = (make_repost(name) for name in ("objected", "refused", "ending", "edited"))
    steps.revoke(make_repost("revoked").repost)
    dispute = Dispute.objects.create(repost=objected.repost, text="No.", network_key=b"k")
    asked = author_requests.ask(refused.repost, by=HOST)
    PermissionRequest.objects.filter(pk=asked.pk).update(answer="no", answered_at=noon - timedelta(days=2))
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


def test_what_is_done_needs_no_attention(host: Person, noon: datetime, make_repost: MakeRepost) -> None:
    post = make_repost()
    Dispute.objects.create(repost=post.repost, text="No.", network_key=b"k", state="dismissed")
    asked = author_requests.ask(post.repost, by=HOST)
    PermissionRequest.objects.filter(pk=asked.pk).update(answer="no", answered_at=noon - timedelta(days=40))
    steps.set_end(post.repost, by=HOST, last_day=date(2027, 12, 1))
    assert host.user
    assert start_page.sections_for(host.user) == []


def test_of_many_the_start_page_shows_a_few_and_the_way_to_the_rest(
    desk: Client, host: Person, permitted_repost: Post
) -> None:
    for number in range(7):
        Dispute.objects.create(repost=permitted_repost.repost, text=str(number), network_key=b"k")
    assert host.user
    [notice] = start_page.sections_for(host.user)
    assert len(notice.items) == 5
    assert len(desk.get(notice.more).context["cl"].result_list) == 7


def test_staff_without_reposts_are_shown_no_names_on_the_start_page(permitted_repost: Post) -> None:
    Dispute.objects.create(repost=permitted_repost.repost, text="I wrote this, not she.", network_key=b"k")
    page = staff("view_tag").get(reverse("admin:index")).content.decode()
    assert "Needs your attention" not in page
    assert str(permitted_repost) not in page


def test_work_that_was_given_up_is_shown_to_those_who_can_have_it_tried_again(blog: Blog, noon: datetime) -> None:
    work = Task.objects.create(job="refresh-poster", argument="7", failed_at=noon, last_error="<b>It broke.</b>")
    Task.objects.create(job="refresh-poster", argument="8", last_error="Tried again.")
    page = staff("view_task", "change_task").get(reverse("admin:index")).content.decode()
    assert reverse("admin:core_task_change", args=[work.pk]) in page
    assert "&lt;b&gt;It broke.&lt;/b&gt;" in page
    assert "Tried again." not in page


def test_work_that_was_given_up_is_not_shown_to_others(blog: Blog, noon: datetime) -> None:
    Task.objects.create(job="refresh-poster", argument="7", failed_at=noon, last_error="It broke.")
    assert "It broke." not in staff("change_post", "change_repost").get(reverse("admin:index")).content.decode()


def test_videos_that_vanished_are_shown_to_those_who_see_videos_alone(own_post: Post, noon: datetime) -> None:
    Video.objects.create(post=own_post, provider="vimeo", title="Lost", status="unavailable", unavailable_since=noon)
    assert f"{own_post}: Lost" in staff("view_video").get(reverse("admin:index")).content.decode()


def test_videos_that_vanished_are_not_shown_to_others(own_post: Post, noon: datetime) -> None:
    Video.objects.create(post=own_post, provider="vimeo", title="Lost", status="unavailable", unavailable_since=noon)
    assert f"{own_post}: Lost" not in staff("view_tag").get(reverse("admin:index")).content.decode()

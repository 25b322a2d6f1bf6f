"""Unavailable videos in the admin: the list, checking again, and the start page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from blog.admin import start_page
from blog.models import Person, Post, Video
from blog.videos.references import UPLOAD
from core.models import Task
from tests.blog.conftest import staff
from tests.blog.videos.test_availability import enqueued_checks, video_of
from tests.conftest import NOON, MakePost

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
VIDEOS = reverse("admin:blog_video_changelist")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asking(settings: Settings, noon: datetime) -> None:
    settings.VIDEO_FETCH = True


@pytest.fixture
def unavailable(own_post: Post) -> Video:
    since = datetime(2026, 11, 3, 12, tzinfo=UTC)
    return video_of(own_post, title="The lost clip", status="unavailable", unavailable_since=since, failures=4)


def test_the_list_says_which_videos_are_unavailable(desk: Client, unavailable: Video, own_post: Post) -> None:
    video_of(own_post, title="The good clip")
    video_of(own_post, title="The doubtful clip", failures=1)
    video_of(own_post, "direct", "https://films.example/film.mp4", title="A file elsewhere")
    page = desk.get(VIDEOS).content.decode()
    for words in (
        "The lost clip",
        "The good clip",
        "Vimeo",
        "unavailable",
        "Nov. 3, 2026",
        "Own Post",
        "films.example",
    ):
        assert words in page
    found = {
        value: [video.title for video in desk.get(VIDEOS, {"availability": value}).context["cl"].result_list]
        for value in ("unavailable", "doubtful", "available")
    }
    assert found == {
        "unavailable": ["The lost clip"],
        "doubtful": ["The doubtful clip"],
        "available": ["A file elsewhere", "The good clip"],
    }
    assert desk.get(VIDEOS, {"availability": "nonsense"}).status_code == 200


def test_the_list_takes_the_same_number_of_queries_at_any_length(
    desk: Client, make_post: MakePost, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def add(slug: str) -> None:
        for n in range(5):
            video_of(make_post(f"{slug}-{n}"), provider="peertube" if n else UPLOAD, file="videos/1.mp4")

    add("first")
    with django_assert_max_num_queries(12) as few:
        desk.get(VIDEOS)
    add("second")
    with django_assert_max_num_queries(len(few.captured_queries)) as many:
        desk.get(VIDEOS)
    assert not any('"body"' in query["sql"] or '"transcript"' in query["sql"] for query in many.captured_queries)


def test_the_list_shows_the_usual_names_of_providers(desk: Client, own_post: Post, unavailable: Video) -> None:
    video_of(own_post, UPLOAD, "film", title="Ours")
    page = desk.get(VIDEOS).content.decode()
    assert page.count("uploaded here") == 2  # in the list and in the filter
    assert "times not found" in page.lower()
    (found,) = desk.get(VIDEOS, {"provider": UPLOAD}).context["cl"].result_list
    assert found.title == "Ours"


def test_videos_are_edited_in_their_post_and_not_here(desk: Client, unavailable: Video) -> None:
    change = reverse("admin:blog_video_change", args=[unavailable.pk])
    assert desk.get(change).status_code == 200
    assert desk.post(change, {"title": "Forged"}).status_code == 403
    assert desk.get(reverse("admin:blog_video_add")).status_code == 403
    assert desk.post(reverse("admin:blog_video_delete", args=[unavailable.pk]), {"post": "yes"}).status_code == 403


def check_now(client: Client, *videos: Video) -> str:
    data = {"action": "check_now", "_selected_action": [video.pk for video in videos]}
    return client.post(VIDEOS, data, follow=True).content.decode()


def test_the_host_can_check_videos_now(desk: Client, unavailable: Video, own_post: Post) -> None:
    assert "1 video is being checked." in check_now(desk, unavailable, video_of(own_post, provider=UPLOAD))
    assert enqueued_checks() == [str(unavailable.pk)]
    assert Task.objects.get().due_at == NOON


def test_the_host_is_told_if_no_provider_can_be_asked(desk: Client, unavailable: Video, settings: Settings) -> None:
    settings.VIDEO_FETCH = False
    assert "None of these videos is at a provider that can be asked." in check_now(desk, unavailable)
    assert enqueued_checks() == []


def test_staff_who_may_only_view_videos_cannot_check_them(unavailable: Video) -> None:
    clerk = staff("view_video")
    assert "Check the selected videos now" not in clerk.get(VIDEOS).content.decode()
    check_now(clerk, unavailable)
    assert enqueued_checks() == []


def test_staff_who_may_change_videos_can_check_them(unavailable: Video) -> None:
    check_now(staff("change_video"), unavailable)
    assert enqueued_checks() == [str(unavailable.pk)]


def test_the_start_page_lists_them(desk: Client, host: Person, unavailable: Video, own_post: Post) -> None:
    assert host.user
    video_of(own_post, title="The good clip")
    [section] = start_page.sections_for(host.user)
    change = reverse("admin:blog_post_change", args=[own_post.pk])
    assert (str(section.heading), section.items) == (
        "Videos that are no longer available",
        [(f"{change}#videos-group", "Own Post: The lost clip")],
    )
    for n in range(6):
        video_of(own_post, title=f"Lost {n}", status="unavailable", unavailable_since=NOON - n * DAY)
    [section] = start_page.sections_for(host.user)
    assert [text for _url, text in section.items] == [f"Own Post: Lost {n}" for n in range(5)]
    assert len(desk.get(section.more).context["cl"].result_list) == 7

"""The desk of a host whose videos vanish: a list of them, and looking again."""

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
def vanished(own_post: Post) -> Video:
    since = datetime(2026, 11, 3, 12, tzinfo=UTC)
    return video_of(own_post, title="The lost clip", status="unavailable", unavailable_since=since, failures=4)


def test_the_list_says_which_videos_vanished(desk: Client, vanished: Video, own_post: Post) -> None:
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
        value: [video.title for video in desk.get(VIDEOS, {"vanished": value}).context["cl"].result_list]
        for value in ("yes", "perhaps", "no")
    }
    assert found == {
        "yes": ["The lost clip"],
        "perhaps": ["The doubtful clip"],
        "no": ["A file elsewhere", "The good clip"],
    }
    assert desk.get(VIDEOS, {"vanished": "nonsense"}).status_code == 200


def test_the_list_costs_the_same_however_long_it_is(
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


def test_the_list_calls_places_by_the_names_that_people_know(desk: Client, own_post: Post, vanished: Video) -> None:
    video_of(own_post, UPLOAD, "film", title="Ours")
    page = desk.get(VIDEOS).content.decode()
    assert page.count("uploaded here") == 2  # in the list, and to narrow it
    assert "times not found" in page.lower()
    (found,) = desk.get(VIDEOS, {"provider": UPLOAD}).context["cl"].result_list
    assert found.title == "Ours"


def test_videos_are_edited_in_their_post_and_not_here(desk: Client, vanished: Video) -> None:
    change = reverse("admin:blog_video_change", args=[vanished.pk])
    assert desk.get(change).status_code == 200
    assert desk.post(change, {"title": "Forged"}).status_code == 403
    assert desk.get(reverse("admin:blog_video_add")).status_code == 403
    assert desk.post(reverse("admin:blog_video_delete", args=[vanished.pk]), {"post": "yes"}).status_code == 403


def look_again(client: Client, *videos: Video) -> str:
    data = {"action": "look_again", "_selected_action": [video.pk for video in videos]}
    return client.post(VIDEOS, data, follow=True).content.decode()


def test_the_host_can_have_them_looked_for_now(desk: Client, vanished: Video, own_post: Post) -> None:
    assert "1 video is looked for now." in look_again(desk, vanished, video_of(own_post, provider=UPLOAD))
    assert enqueued_checks() == [str(vanished.pk)]
    assert Task.objects.get().due_at == NOON


def test_where_nobody_can_be_asked_the_host_is_told_so(desk: Client, vanished: Video, settings: Settings) -> None:
    settings.VIDEO_FETCH = False
    assert "There is nobody to ask" in look_again(desk, vanished)
    assert enqueued_checks() == []


def test_who_may_only_see_videos_cannot_have_them_looked_for(vanished: Video) -> None:
    clerk = staff("view_video")
    assert "Look again now" not in clerk.get(VIDEOS).content.decode()
    look_again(clerk, vanished)
    assert enqueued_checks() == []


def test_who_may_change_videos_can(vanished: Video) -> None:
    look_again(staff("change_video"), vanished)
    assert enqueued_checks() == [str(vanished.pk)]


def test_the_start_page_tells_of_them(desk: Client, host: Person, vanished: Video, own_post: Post) -> None:
    assert host.user
    video_of(own_post, title="The good clip")
    [notice] = start_page.sections_for(host.user)
    change = reverse("admin:blog_post_change", args=[own_post.pk])
    assert (str(notice.heading), notice.items) == (
        "Videos that vanished",
        [(f"{change}#videos-group", "Own Post: The lost clip")],
    )
    for n in range(6):
        video_of(own_post, title=f"Lost {n}", status="unavailable", unavailable_since=NOON - n * DAY)
    [notice] = start_page.sections_for(host.user)
    assert [text for _address, text in notice.items] == [f"Own Post: Lost {n}" for n in range(5)]
    assert len(desk.get(notice.more).context["cl"].result_list) == 7

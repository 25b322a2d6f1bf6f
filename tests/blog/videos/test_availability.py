"""Videos that vanish: seen in time, never called gone for one bad day, and live again when they are back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

from blog import tasks
from blog.models import Post, Video
from blog.videos import availability
from blog.videos.references import UPLOAD
from core import clock
from core.extension_points import JOBS
from core.models import Task
from core.tasks import queue, worker
from tests.conftest import NOON
from tests.core.fetching.other_servers import Answer, FarAway, as_json, ok, status

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
VIDEOS = reverse("admin:blog_video_changelist")
POSTER = "i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg"
THERE, GONE = as_json(title="The clip"), status(404)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asking(settings: Settings, noon: datetime) -> None:
    settings.VIDEO_FETCH = True


@pytest.fixture
def video(own_post: Post) -> Video:
    """At Vimeo, where one answer says it all."""
    return video_of(own_post)


def video_of(post: Post, provider: str = "vimeo", id: str = "76979871", **fields: Any) -> Video:
    return Video.objects.create(post=post, provider=provider, provider_id=id, **fields)


def look(video: Video, far_away: FarAway, answer: Answer | None = None, *, after: timedelta = timedelta(0)) -> Video:
    """Look for the video some time after noon, when its provider answers so; returns it as it is then."""
    if answer is not None:
        far_away.answers[""] = answer
    with clock.standing_at(NOON + after):
        availability.look(Video.objects.get(pk=video.pk), fetcher=far_away.fetcher())
    return Video.objects.get(pk=video.pk)


# --- One look ------------------------------------------------------------------------------------------------------


def test_a_video_that_is_there_is_looked_for_again_in_a_week(video: Video, far_away: FarAway) -> None:
    video = look(video, far_away, THERE)
    assert (video.status, video.failures, video.checked_at) == ("live", 0, NOON)
    assert_wait(video, 7)


def assert_wait(video: Video, days: int, since: datetime = NOON) -> None:
    """The next look is so many days away, or up to a tenth more."""
    assert video.check_at
    assert timedelta(days=days) <= video.check_at - since <= timedelta(days=days) * 1.1


A_PAGE = "Content-Type: text/html"


@pytest.mark.parametrize(
    "refusal",
    [*map(status, (401, 403, 404, 410)), status(403, "Content-Type: application/json"), status(404, A_PAGE)],
)
def test_three_refusals_on_three_days_and_it_has_vanished(video: Video, far_away: FarAway, refusal: Answer) -> None:
    states = [look(video, far_away, refusal, after=n * DAY) for n in range(4)]
    assert [state.status for state in states] == ["live", "live", "unavailable", "unavailable"]
    assert [state.failures for state in states] == [1, 2, 3, 4]
    assert [state.unavailable_since for state in states] == [None, None, NOON + 2 * DAY, NOON + 2 * DAY]


def test_however_often_one_asks_it_is_one_bad_day(video: Video, far_away: FarAway) -> None:
    for hours in (0, 1, 2, 11):
        video = look(video, far_away, GONE, after=hours * HOUR)
    assert (video.status, video.failures) == ("live", 1)
    assert look(video, far_away, GONE, after=12 * HOUR).failures == 2  # midnight


def test_one_answer_in_between_and_counting_begins_anew(video: Video, far_away: FarAway) -> None:
    answers = (GONE, GONE, THERE, GONE, GONE)
    states = [look(video, far_away, answer, after=n * DAY) for n, answer in enumerate(answers)]
    assert [state.failures for state in states] == [1, 2, 0, 1, 2]
    assert states[-1].status == "live"


def test_a_video_that_is_back_is_live_at_once(own_post: Post, far_away: FarAway) -> None:
    lost = video_of(own_post, status="unavailable", unavailable_since=NOON - DAY, failures=9, checked_at=NOON - DAY)
    video = look(lost, far_away, THERE)
    assert (video.status, video.unavailable_since, video.failures) == ("live", None, 0)


@pytest.mark.parametrize(
    "answer",
    [
        *(status(number) for number in (400, 408, 418, 429, 500, 502, 503, 504)),
        status(302, "Location: https://vimeo.com/consent"),
        ok(b"<html>Are you a robot?</html>", "text/html"),
        ok(b"Are you a robot?"),
        status(403, "Content-Type: text/html; charset=UTF-8", body=b"<html>Are you a robot?</html>"),
        b"",
        b"HTTP/1.1 404",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_what_means_neither_changes_nothing(own_post: Post, far_away: FarAway, answer: Answer) -> None:
    """However often it comes."""
    for fields in ({"failures": 2}, {"failures": 5, "status": "unavailable", "unavailable_since": NOON - DAY}):
        before = video_of(own_post, checked_at=NOON - DAY, **fields)
        for n in range(4):
            after = look(before, far_away, answer, after=n * DAY)
        unchanged = ("status", "failures", "unavailable_since", "checked_at")
        assert [getattr(after, name) for name in unchanged] == [getattr(before, name) for name in unchanged]
        assert after.check_at
        assert after.check_at > NOON + 4 * DAY


def test_a_provider_that_cannot_be_reached_is_asked_again_tomorrow(video: Video, far_away: FarAway) -> None:
    assert_wait(look(video, far_away, status(503)), 1)


@pytest.mark.parametrize(
    ("poster", "failures"), [(GONE, 1), (status(410), 1), (ok(b"still", "image/jpeg"), 0), (status(503), 0)]
)
def test_where_there_is_a_poster_it_is_the_second_witness(
    own_post: Post, far_away: FarAway, poster: bytes, failures: int
) -> None:
    """YouTube refuses what must not be embedded, too."""
    far_away.answers |= {"www.youtube.com": status(401), POSTER: poster}
    assert look(video_of(own_post, "youtube", "dQw4w9WgXcQ"), far_away).failures == failures


@pytest.mark.parametrize("told", [{}, {"is_dark": True, "metadata": {}}])
def test_the_archive_says_with_an_empty_answer_that_there_is_nothing(
    own_post: Post, far_away: FarAway, told: dict[str, Any]
) -> None:
    far_away.answers["archive.org"] = as_json(**told)
    assert look(video_of(own_post, "archive", "a-trip-to-the-moon"), far_away).failures == 1


def test_what_is_there_is_not_asked_for_its_picture(own_post: Post, far_away: FarAway) -> None:
    look(video_of(own_post, "youtube", "dQw4w9WgXcQ"), far_away, THERE)
    assert len(far_away.asked) == 1


def test_the_longer_it_is_gone_the_less_it_is_looked_for(own_post: Post, far_away: FarAway) -> None:
    for failures, days in enumerate((1, 2, 4, 8, 16, 30, 30)):
        video = video_of(own_post, failures=failures, checked_at=NOON - DAY)
        assert_wait(look(video, far_away, GONE), days)


def test_no_count_outgrows_its_column(own_post: Post, far_away: FarAway) -> None:
    video = video_of(own_post, failures=availability.MOST_FAILURES, checked_at=NOON - DAY)
    assert look(video, far_away, GONE).failures == availability.MOST_FAILURES


def test_what_comes_at_once_does_not_come_at_once_for_ever(own_post: Post, far_away: FarAway) -> None:
    looked = [look(video_of(own_post), far_away, THERE) for _ in range(5)]
    assert len({video.check_at for video in looked}) == 5
    assert look(looked[0], far_away, THERE).check_at == looked[0].check_at


@pytest.mark.parametrize("first", [True, False])
def test_of_two_who_look_at_once_the_first_is_heard(video: Video, first: bool) -> None:
    """Each has read the row before the other wrote."""
    other = Video.objects.get()
    availability.note(video, is_there=first)
    availability.note(other, is_there=not first)
    assert Video.objects.get().failures == (0 if first else 1)


def test_an_answer_about_another_video_is_not_noted(video: Video) -> None:
    Video.objects.update(provider_id="1")
    availability.note(video, is_there=False)
    assert Video.objects.get().failures == 0


def test_a_post_whose_video_vanishes_was_not_edited(own_post: Post, far_away: FarAway) -> None:
    before = Post.objects.values().get()
    video = video_of(own_post, failures=2, checked_at=NOON - DAY)
    assert look(video, far_away, GONE).status == "unavailable"
    assert Post.objects.values().get() == before


# --- Whose turn it is ----------------------------------------------------------------------------------------------


def asked() -> list[str]:
    return list(Task.objects.filter(job="check-video").order_by("due_at").values_list("argument", flat=True))


def test_those_are_looked_for_whose_turn_it_is_the_longest_waiting_first(own_post: Post) -> None:
    due = [video_of(own_post, check_at=NOON - n * HOUR) for n in (1, 3, 2)]
    new = video_of(own_post)
    video_of(own_post, check_at=NOON + HOUR)
    video_of(own_post, provider=UPLOAD)
    availability.look_for_due()
    assert asked() == [str(video.pk) for video in (new, due[1], due[2], due[0])]
    dates = list(Task.objects.order_by("due_at").values_list("due_at", flat=True))
    assert dates == [NOON + n * availability.APART for n in range(4)]


def test_an_hour_is_enough_for_so_many_and_the_next_takes_the_others(own_post: Post) -> None:
    Video.objects.bulk_create(
        Video(post=own_post, provider="vimeo", provider_id=str(n)) for n in range(availability.AT_ONCE + 3)
    )
    availability.look_for_due()
    assert len(asked()) == availability.AT_ONCE
    Task.objects.all().delete()  # whatever becomes of them
    availability.look_for_due()
    assert len(asked()) == 3
    assert availability.AT_ONCE * availability.APART <= HOUR


def test_of_whom_nobody_can_be_asked_the_others_are_not_held_up(own_post: Post) -> None:
    lost = video_of(own_post, provider="of-another-version")
    availability.look_for_due()
    assert asked() == []
    lost.refresh_from_db()
    assert_wait(lost, 30)


def test_a_site_that_asks_nobody_looks_for_nothing(video: Video, far_away: FarAway, settings: Settings) -> None:
    settings.VIDEO_FETCH = False
    availability.look_for_due()
    assert asked() == []
    assert look(video, far_away, GONE).failures == 0
    assert Video.objects.get().check_at is None  # its turn comes when the site may ask again
    assert far_away.connections == 0


def test_the_worker_looks(video: Video, far_away: FarAway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "Fetcher", far_away.fetcher)
    assert JOBS["check-videos"].every == HOUR
    queue.enqueue("check-videos")
    worker.run_due()
    video.refresh_from_db()
    assert (video.failures, video.checked_at) == (1, NOON)
    assert asked() == []
    with clock.standing_at(NOON + HOUR):
        worker.run_due()
    assert len(far_away.asked) == 1

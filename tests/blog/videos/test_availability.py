"""Videos that vanish: noticed in time, not called unavailable for one bad day, and live again when they are back."""

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
def fetching_allowed(settings: Settings, noon: datetime) -> None:
    settings.VIDEO_FETCH = True


@pytest.fixture
def video(own_post: Post) -> Video:
    """At Vimeo, which has no poster URL to check besides."""
    return video_of(own_post)


def video_of(post: Post, provider: str = "vimeo", id: str = "76979871", **fields: Any) -> Video:
    return Video.objects.create(post=post, provider=provider, provider_id=id, **fields)


def check(video: Video, far_away: FarAway, answer: Answer | None = None, *, after: timedelta = timedelta(0)) -> Video:
    """Check the video some time after noon, with this answer of its provider. Return it as it is stored then."""
    if answer is not None:
        far_away.answers[""] = answer
    with clock.standing_at(NOON + after):
        availability.check(Video.objects.get(pk=video.pk), fetcher=far_away.fetcher())
    return Video.objects.get(pk=video.pk)


# --- One check -----------------------------------------------------------------------------------------------------


def test_an_existing_video_is_checked_again_in_a_week(video: Video, far_away: FarAway) -> None:
    video = check(video, far_away, THERE)
    assert (video.status, video.failures, video.checked_at) == ("live", 0, NOON)
    assert_wait(video, 7)


def assert_wait(video: Video, days: int, since: datetime = NOON) -> None:
    """Assert that the next check is `days` days away, or up to a tenth more."""
    assert video.check_at
    assert timedelta(days=days) <= video.check_at - since <= timedelta(days=days) * 1.1


A_PAGE = "Content-Type: text/html"


@pytest.mark.parametrize(
    "refusal",
    [*map(status, (401, 403, 404, 410)), status(403, "Content-Type: application/json"), status(404, A_PAGE)],
)
def test_after_three_refusals_on_three_days_a_video_is_unavailable(
    video: Video, far_away: FarAway, refusal: Answer
) -> None:
    states = [check(video, far_away, refusal, after=n * DAY) for n in range(4)]
    assert [state.status for state in states] == ["live", "live", "unavailable", "unavailable"]
    assert [state.failures for state in states] == [1, 2, 3, 4]
    assert [state.unavailable_since for state in states] == [None, None, NOON + 2 * DAY, NOON + 2 * DAY]


def test_several_refusals_on_one_day_count_once(video: Video, far_away: FarAway) -> None:
    for hours in (0, 1, 2, 11):
        video = check(video, far_away, GONE, after=hours * HOUR)
    assert (video.status, video.failures) == ("live", 1)
    assert check(video, far_away, GONE, after=12 * HOUR).failures == 2  # midnight


def test_a_positive_answer_resets_the_count(video: Video, far_away: FarAway) -> None:
    answers = (GONE, GONE, THERE, GONE, GONE)
    states = [check(video, far_away, answer, after=n * DAY) for n, answer in enumerate(answers)]
    assert [state.failures for state in states] == [1, 2, 0, 1, 2]
    assert states[-1].status == "live"


def test_a_video_that_is_back_is_live_at_once(own_post: Post, far_away: FarAway) -> None:
    lost = video_of(own_post, status="unavailable", unavailable_since=NOON - DAY, failures=9, checked_at=NOON - DAY)
    video = check(lost, far_away, THERE)
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
def test_an_answer_that_means_neither_changes_nothing(own_post: Post, far_away: FarAway, answer: Answer) -> None:
    """However often it is repeated."""
    for fields in ({"failures": 2}, {"failures": 5, "status": "unavailable", "unavailable_since": NOON - DAY}):
        before = video_of(own_post, checked_at=NOON - DAY, **fields)
        for n in range(4):
            after = check(before, far_away, answer, after=n * DAY)
        unchanged = ("status", "failures", "unavailable_since", "checked_at")
        assert [getattr(after, name) for name in unchanged] == [getattr(before, name) for name in unchanged]
        assert after.check_at
        assert after.check_at > NOON + 4 * DAY


def test_an_unreachable_provider_is_asked_again_tomorrow(video: Video, far_away: FarAway) -> None:
    assert_wait(check(video, far_away, status(503)), 1)


@pytest.mark.parametrize(
    ("poster", "failures"), [(GONE, 1), (status(410), 1), (ok(b"still", "image/jpeg"), 0), (status(503), 0)]
)
def test_a_refusal_counts_only_if_the_poster_is_gone_too(
    own_post: Post, far_away: FarAway, poster: bytes, failures: int
) -> None:
    """YouTube also refuses videos that must not be embedded."""
    far_away.answers |= {"www.youtube.com": status(401), POSTER: poster}
    assert check(video_of(own_post, "youtube", "dQw4w9WgXcQ"), far_away).failures == failures


@pytest.mark.parametrize("item", [{}, {"is_dark": True, "metadata": {}}])
def test_an_empty_answer_of_the_archive_means_that_there_is_no_video(
    own_post: Post, far_away: FarAway, item: dict[str, Any]
) -> None:
    far_away.answers["archive.org"] = as_json(**item)
    assert check(video_of(own_post, "archive", "a-trip-to-the-moon"), far_away).failures == 1


def test_the_poster_of_an_existing_video_is_not_requested(own_post: Post, far_away: FarAway) -> None:
    check(video_of(own_post, "youtube", "dQw4w9WgXcQ"), far_away, THERE)
    assert len(far_away.asked) == 1


def test_the_longer_a_video_is_gone_the_less_often_it_is_checked(own_post: Post, far_away: FarAway) -> None:
    for failures, days in enumerate((1, 2, 4, 8, 16, 30, 30)):
        video = video_of(own_post, failures=failures, checked_at=NOON - DAY)
        assert_wait(check(video, far_away, GONE), days)


def test_the_count_does_not_outgrow_its_column(own_post: Post, far_away: FarAway) -> None:
    video = video_of(own_post, failures=availability.MAX_FAILURES, checked_at=NOON - DAY)
    assert check(video, far_away, GONE).failures == availability.MAX_FAILURES


def test_videos_that_are_checked_together_are_checked_again_at_different_times(
    own_post: Post, far_away: FarAway
) -> None:
    videos = [check(video_of(own_post), far_away, THERE) for _ in range(5)]
    assert len({video.check_at for video in videos}) == 5
    assert check(videos[0], far_away, THERE).check_at == videos[0].check_at


@pytest.mark.parametrize("first", [True, False])
def test_of_two_simultaneous_checks_the_first_is_recorded(video: Video, first: bool) -> None:
    """Each read the row before the other wrote it."""
    other = Video.objects.get()
    availability.record(video, exists=first)
    availability.record(other, exists=not first)
    assert Video.objects.get().failures == (0 if first else 1)


def test_a_result_about_an_earlier_video_is_not_recorded(video: Video) -> None:
    Video.objects.update(provider_id="1")
    availability.record(video, exists=False)
    assert Video.objects.get().failures == 0


def test_a_post_does_not_change_when_its_video_vanishes(own_post: Post, far_away: FarAway) -> None:
    before = Post.objects.values().get()
    video = video_of(own_post, failures=2, checked_at=NOON - DAY)
    assert check(video, far_away, GONE).status == "unavailable"
    assert Post.objects.values().get() == before


# --- Scheduling ----------------------------------------------------------------------------------------------------


def enqueued_checks() -> list[str]:
    return list(Task.objects.filter(job="check-video").order_by("due_at").values_list("argument", flat=True))


def test_due_videos_are_checked_in_the_order_of_their_waiting_time(own_post: Post) -> None:
    due = [video_of(own_post, check_at=NOON - n * HOUR) for n in (1, 3, 2)]
    new = video_of(own_post)
    video_of(own_post, check_at=NOON + HOUR)
    video_of(own_post, provider=UPLOAD)
    availability.enqueue_due_checks()
    assert enqueued_checks() == [str(video.pk) for video in (new, due[1], due[2], due[0])]
    dates = list(Task.objects.order_by("due_at").values_list("due_at", flat=True))
    assert dates == [NOON + n * availability.DELAY_BETWEEN_CHECKS for n in range(4)]


def test_the_checks_of_one_run_fit_into_an_hour_and_the_next_run_takes_the_others(own_post: Post) -> None:
    Video.objects.bulk_create(
        Video(post=own_post, provider="vimeo", provider_id=str(n)) for n in range(availability.CHECKS_PER_HOUR + 3)
    )
    availability.enqueue_due_checks()
    assert len(enqueued_checks()) == availability.CHECKS_PER_HOUR
    Task.objects.all().delete()  # even if they are lost
    availability.enqueue_due_checks()
    assert len(enqueued_checks()) == 3
    assert availability.CHECKS_PER_HOUR * availability.DELAY_BETWEEN_CHECKS <= HOUR


def test_a_video_without_a_provider_to_ask_is_postponed(own_post: Post) -> None:
    lost = video_of(own_post, provider="of-another-version")
    availability.enqueue_due_checks()
    assert enqueued_checks() == []
    lost.refresh_from_db()
    assert_wait(lost, 30)


def test_nothing_is_checked_if_the_settings_forbid_requests(
    video: Video, far_away: FarAway, settings: Settings
) -> None:
    settings.VIDEO_FETCH = False
    availability.enqueue_due_checks()
    assert enqueued_checks() == []
    assert check(video, far_away, GONE).failures == 0
    assert Video.objects.get().check_at is None  # still due, for when requests are allowed again
    assert far_away.connections == 0


def test_the_worker_runs_the_checks(video: Video, far_away: FarAway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "Fetcher", far_away.fetcher)
    assert JOBS["check-videos"].every == HOUR
    queue.enqueue("check-videos")
    worker.run_due()
    video.refresh_from_db()
    assert (video.failures, video.checked_at) == (1, NOON)
    assert enqueued_checks() == []
    with clock.standing_at(NOON + HOUR):
        worker.run_due()
    assert len(far_away.asked) == 1

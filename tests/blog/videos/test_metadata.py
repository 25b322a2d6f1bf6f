"""Empty fields of a video are filled in from its provider, and nothing that the host typed is lost."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from blog import tasks
from blog.models import Post, Video
from blog.videos import metadata, placement
from blog.videos.references import UPLOAD
from core.fetching.client import FetchFailed
from core.models import Task
from core.tasks import queue, worker
from tests.blog.conftest import Submission, change_url, resubmission
from tests.blog.videos.examples import ANSWERS
from tests.blog.videos.rows import JPEG, PICTURE, YOUTUBE, YOUTUBE_POSTER, posters, video_of
from tests.core.fetching.other_servers import Answer, FarAway, as_json, ok, status
from tests.core.files.test_images import SVG, encoded, plain, png_with_claimed_size

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_providers")]


def before_write(column: str, change: Callable[[], Any]) -> Any:
    """Run `change` between the last read of the row and the first write to `column`."""
    pending = [change]

    def wrapper(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if pending and sql.startswith("UPDATE") and f'"{column}"' in sql.partition("WHERE")[0]:
            pending.pop()()
        return execute(sql, *rest)

    return connection.execute_wrapper(wrapper)


# --- Posters ------------------------------------------------------------------------------------------------------


def test_a_poster_is_encoded_anew(video: Video, well_told: FarAway) -> None:
    well_told.answers[YOUTUBE_POSTER] = ok(encoded(plain(size=(3000, 2000)), "PNG"), "image/jpeg")
    metadata.fetch_missing(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    with Image.open(video.poster.path) as poster:
        assert (poster.format, poster.size) == ("PNG", (2400, 1600))
    assert video.poster.name.endswith(".png")


def test_the_bytes_that_were_sent_are_not_stored(video: Video, well_told: FarAway) -> None:
    metadata.fetch_missing(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert b"as sent" not in video.poster.read()
    video.poster.close()


def test_two_videos_with_the_same_picture_have_a_file_each(own_post: Post, video: Video, well_told: FarAway) -> None:
    """So one can be deleted without the other."""
    for each in (video, video_of(own_post)):
        metadata.fetch_missing(each, fetcher=well_told.fetcher())
    assert len(posters()) == 2


@pytest.mark.parametrize(
    "body",
    [SVG, b"<html><script>alert(1)</script></html>", png_with_claimed_size(60_000, 60_000), b"", JPEG[:200], b"GIF89a"],
)
def test_a_file_that_only_claims_to_be_a_picture_is_not_stored(video: Video, well_told: FarAway, body: bytes) -> None:
    well_told.answers[YOUTUBE_POSTER] = ok(body, "image/png")
    metadata.fetch_missing(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert (video.title, video.poster.name, posters()) == ("The clip", "", [])


# --- Values of the host --------------------------------------------------------------------------------------------


def test_values_of_the_host_are_not_overwritten(own_post: Post, far_away: FarAway) -> None:
    typed = {"title": "My words", "creator": "Bea", "duration": 5, "uploaded_on": date(2000, 1, 1)}
    video = video_of(own_post, "vimeo", **typed)
    video.poster.save("own.jpg", ContentFile(JPEG))
    far_away.answers |= {"vimeo.com": as_json(**ANSWERS["vimeo"].json), ANSWERS["vimeo"].picture_url: PICTURE}
    metadata.fetch_missing(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert {name: getattr(video, name) for name in typed} == typed
    assert video.creator_url == ""  # Ada's page is not Bea's
    assert (posters(), len(far_away.asked)) == (["own.jpg"], 1)


def test_a_value_that_the_host_saves_during_the_request_stays_and_the_rest_is_filled_in(
    video: Video, well_told: FarAway
) -> None:
    with before_write("title", lambda: Video.objects.update(title="My words")):
        metadata.fetch_missing(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert (video.title, video.creator) == ("My words", "Ada")


def test_a_poster_that_the_host_saves_during_the_request_stays_and_the_fetched_one_is_deleted(
    video: Video, well_told: FarAway
) -> None:
    with before_write("poster", lambda: Video.objects.update(poster="posters/own.jpg")):
        metadata.fetch_missing(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert (video.poster.name, posters()) == ("posters/own.jpg", [])


def test_a_poster_whose_row_cannot_be_written_is_deleted(video: Video, well_told: FarAway) -> None:
    def fail() -> None:
        raise RuntimeError("no luck")

    with before_write("poster", fail), pytest.raises(RuntimeError):
        metadata.fetch_missing(video, fetcher=well_told.fetcher())
    assert posters() == []


@pytest.mark.parametrize("column", ["status", "title", "poster"])
def test_a_row_that_gets_another_video_during_the_request_gets_no_values_of_the_old_one(
    video: Video, well_told: FarAway, column: str
) -> None:
    with before_write(column, lambda: Video.objects.update(provider_id="aaaaaaaaaaa", title="", creator="", poster="")):
        metadata.fetch_missing(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert (video.title, video.creator, video.poster.name, posters()) == ("", "", "", [])
    assert video.checked_at is None or column != "status"


def test_a_video_that_is_deleted_during_the_request_leaves_no_file(video: Video, well_told: FarAway) -> None:
    with before_write("poster", lambda: Video.objects.all().delete()):
        metadata.fetch_missing(video, fetcher=well_told.fetcher())
    assert posters() == []


# --- Failures ------------------------------------------------------------------------------------------------------


def row(video: Video) -> dict[str, Any]:
    return {**Video.objects.filter(pk=video.pk).values().get()}


def test_for_a_missing_video_only_the_failure_is_recorded(video: Video, far_away: FarAway, noon: datetime) -> None:
    before = row(video)
    metadata.fetch_missing(video, fetcher=far_away.fetcher())
    after = row(video)
    assert {name for name in after if after[name] != before[name]} == {"checked_at", "check_at", "failures"}
    assert (after["failures"], after["checked_at"]) == (1, noon)


@pytest.mark.parametrize("answer", [status(503), status(429), b""])
def test_a_temporary_failure_is_left_to_the_worker(video: Video, far_away: FarAway, answer: Answer) -> None:
    far_away.answers[""] = answer
    before = row(video)
    with pytest.raises(FetchFailed):
        metadata.fetch_missing(video, fetcher=far_away.fetcher())
    assert row(video) == before


@pytest.mark.parametrize("answer", [status(400), status(302, "Location: /consent"), ok(b"<html>", "text/html")])
def test_after_a_permanent_failure_the_fields_stay_empty(video: Video, far_away: FarAway, answer: Answer) -> None:
    far_away.answers[""] = answer
    before = row(video)
    metadata.fetch_missing(video, fetcher=far_away.fetcher())
    assert row(video) == before


def test_a_poster_that_fails_does_not_affect_the_other_fields(video: Video, well_told: FarAway) -> None:
    well_told.answers[YOUTUBE_POSTER] = status(503)
    with pytest.raises(FetchFailed):
        metadata.fetch_missing(video, fetcher=well_told.fetcher())
    well_told.answers[YOUTUBE_POSTER] = status(404)
    metadata.fetch_missing(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert (video.title, video.poster.name) == ("The clip", "")


def test_if_the_picture_in_the_answer_fails_the_one_in_the_table_is_used(video: Video, well_told: FarAway) -> None:
    url = "https://i.ytimg.com/vi/dQw4w9WgXcQ/maxresdefault.jpg"
    well_told.answers |= {"i.ytimg.com": status(503), YOUTUBE: as_json(title="The clip", thumbnail_url=url)}
    metadata.fetch_missing(video, fetcher=well_told.fetcher())
    assert len(posters()) == 1


# --- Tasks ---------------------------------------------------------------------------------------------------------


def test_a_provider_that_stays_unreachable_logs_no_error_and_is_asked_again_by_the_next_check(
    video: Video, well_told: FarAway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tasks, "Fetcher", well_told.fetcher)
    good, well_told.answers[YOUTUBE] = well_told.answers[YOUTUBE], status(503)
    metadata.schedule_fetch(video)
    Task.objects.update(attempts=worker.MAX_ATTEMPTS - 1)
    worker.run_due()
    assert not Task.objects.exists()
    assert "Traceback" not in caplog.text
    well_told.answers[YOUTUBE] = good
    queue.enqueue("check-video", str(video.pk))
    worker.run_due()
    video.refresh_from_db()
    assert (video.title, len(posters())) == ("The clip", 1)
    queue.enqueue("check-video", str(video.pk))
    well_told.asked.clear()
    worker.run_due()
    assert len(well_told.asked) == 1


def test_the_worker_fetches_metadata_and_retries(
    video: Video, well_told: FarAway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "Fetcher", well_told.fetcher)
    edited = Post.objects.get().updated_at
    good, well_told.answers[YOUTUBE] = well_told.answers[YOUTUBE], status(500)
    metadata.schedule_fetch(video)
    worker.run_due()
    assert "500" in Task.objects.get(job="complete-video").last_error
    well_told.answers[YOUTUBE] = good
    Task.objects.update(due_at=Task.objects.get().created_at)
    worker.run_due()
    video.refresh_from_db()
    assert (video.title, len(posters())) == ("The clip", 1)
    assert not Task.objects.exists()
    assert Post.objects.get().updated_at == edited


def test_a_task_for_a_deleted_video_is_no_error(video: Video, well_told: FarAway) -> None:
    metadata.schedule_fetch(video)
    video.delete()
    worker.run_due()
    assert not Task.objects.exists()


def test_the_status_of_the_earlier_video_is_reset(own_post: Post, noon: datetime) -> None:
    video = video_of(own_post, status="unavailable", unavailable_since=noon, checked_at=noon, check_at=noon, failures=9)
    metadata.schedule_fetch(video)
    for each in (video, Video.objects.get()):
        state = (each.status, each.unavailable_since, each.checked_at, each.check_at, each.failures)
        assert state == ("live", None, None, None, 0)


def test_a_rolled_back_transaction_schedules_no_fetch(video: Video) -> None:
    with transaction.atomic():
        metadata.schedule_fetch(video)
        transaction.set_rollback(True)
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"provider": UPLOAD},
        {"provider": "of-another-version"},
        {"provider": "peertube", "provider_host": "evil.example.org"},
        {"provider": "peertube", "provider_host": ""},
    ],
)
def test_no_request_is_sent_without_a_provider_that_may_be_asked(
    own_post: Post, far_away: FarAway, fields: dict[str, Any]
) -> None:
    video = video_of(own_post, **fields)
    metadata.schedule_fetch(video)
    metadata.fetch_missing(video, fetcher=far_away.fetcher())
    assert not Task.objects.exists()
    assert far_away.connections == 0


def test_the_settings_can_forbid_all_requests(video: Video, well_told: FarAway, settings: Settings) -> None:
    settings.VIDEO_FETCH = False
    metadata.schedule_fetch(video)
    metadata.fetch_missing(video, fetcher=well_told.fetcher())
    assert not Task.objects.exists()
    assert well_told.connections == 0


# --- Typed and fetched values --------------------------------------------------------------------------------------


def test_fetched_values_do_not_count_as_typed(video: Video, well_told: FarAway) -> None:
    metadata.fetch_missing(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert video.fetched == {"title": "The clip", "creator": "Ada", "poster": video.poster.name}
    assert not video.has_typed_values
    video.title = "My words"
    assert video.has_typed_values


def test_fetched_values_of_the_earlier_video_are_removed_and_typed_values_stay(
    video: Video, well_told: FarAway, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    metadata.fetch_missing(video, fetcher=well_told.fetcher())
    Video.objects.update(title="My words", provider_id="aaaaaaaaaaa")
    video.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        metadata.schedule_fetch(video)
    for each in (video, Video.objects.get()):
        assert (each.title, each.creator, each.poster.name, each.fetched) == ("My words", "", "", {})
    assert posters() == []


def test_tiktok_cannot_be_asked_about_a_video_without_its_user(own_post: Post) -> None:
    metadata.schedule_fetch(video_of(own_post, "tiktok", provider_id="7106594312292453675"))
    assert not Task.objects.exists()


# --- When a fetch is scheduled -------------------------------------------------------------------------------------


def test_a_fetch_is_scheduled_when_a_video_is_attached_and_when_its_url_changes(
    desk: Client, repost_submission: Submission
) -> None:
    assert desk.post(reverse("admin:blog_post_add"), repost_submission).status_code == 302
    assert _take_scheduled_fetches()
    for changes, is_expected in (
        ({"videos-0-title": "Other words"}, False),
        ({"videos-0-page_url": "https://youtu.be/dQw4w9WgXcQ"}, False),
        ({"videos-0-page_url": "https://youtu.be/aaaaaaaaaaa"}, True),
    ):
        post = Post.objects.get()
        assert desk.post(change_url(post), resubmission(desk, post, **changes)).status_code == 302
        assert _take_scheduled_fetches() is is_expected


def test_a_fetch_is_scheduled_once_for_a_video_in_a_text(own_post: Post) -> None:
    own_post.body = "https://youtu.be/dQw4w9WgXcQ"
    own_post.save()
    placement.synchronise_rows(own_post)
    assert _take_scheduled_fetches()
    placement.synchronise_rows(own_post)
    assert not _take_scheduled_fetches()


def _take_scheduled_fetches() -> bool:
    """Delete all scheduled fetches. Return whether there were any."""
    return bool(Task.objects.filter(job="complete-video").delete()[0])

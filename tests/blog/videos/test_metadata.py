"""What the host left empty about a video is filled in from its provider, and nothing that the host typed is lost."""

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
from tests.blog.videos.provider_replies import JPEG, PICTURE, PROVIDERS_SAY, YOUTUBE, YOUTUBE_POSTER, posters, video_of
from tests.core.fetching.other_servers import Answer, FarAway, as_json, ok, status
from tests.core.files.test_images import SVG, encoded, plain, png_that_announces

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_providers")]


def meanwhile(column: str, happens: Callable[[], Any]) -> Any:
    """Have something happen between the last look at the row and the first write to `column`."""
    late = [happens]

    def overtake(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if late and sql.startswith("UPDATE") and f'"{column}"' in sql.partition("WHERE")[0]:
            late.pop()()
        return execute(sql, *rest)

    return connection.execute_wrapper(overtake)


# --- Posters ------------------------------------------------------------------------------------------------------


def test_a_poster_is_written_anew(video: Video, well_told: FarAway) -> None:
    well_told.answers[YOUTUBE_POSTER] = ok(encoded(plain(size=(3000, 2000)), "PNG"), "image/jpeg")
    metadata.complete(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    with Image.open(video.poster.path) as kept:
        assert (kept.format, kept.size) == ("PNG", (2400, 1600))
    assert video.poster.name.endswith(".png")


def test_nothing_of_the_bytes_that_were_sent_is_kept(video: Video, well_told: FarAway) -> None:
    metadata.complete(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert b"as sent" not in video.poster.read()
    video.poster.close()


def test_two_videos_with_the_same_picture_have_a_file_each(own_post: Post, video: Video, well_told: FarAway) -> None:
    """So that one can be deleted without the other."""
    for each in (video, video_of(own_post)):
        metadata.complete(each, fetcher=well_told.fetcher())
    assert len(posters()) == 2


@pytest.mark.parametrize(
    "body",
    [SVG, b"<html><script>alert(1)</script></html>", png_that_announces(60_000, 60_000), b"", JPEG[:200], b"GIF89a"],
)
def test_what_only_claims_to_be_a_picture_is_none(video: Video, well_told: FarAway, body: bytes) -> None:
    well_told.answers[YOUTUBE_POSTER] = ok(body, "image/png")
    metadata.complete(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert (video.title, video.poster.name, posters()) == ("The clip", "", [])


# --- The host's word -----------------------------------------------------------------------------------------------


def test_what_the_host_typed_stays(own_post: Post, far_away: FarAway) -> None:
    typed = {"title": "My words", "creator": "Bea", "duration": 5, "uploaded_on": date(2000, 1, 1)}
    video = video_of(own_post, "vimeo", **typed)
    video.poster.save("own.jpg", ContentFile(JPEG))
    told, picture, _unknown = PROVIDERS_SAY["vimeo"]
    far_away.answers |= {"vimeo.com": as_json(**told), picture: PICTURE}
    metadata.complete(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert {name: getattr(video, name) for name in typed} == typed
    assert video.creator_url == ""  # Ada's page is not Bea's
    assert (posters(), len(far_away.asked)) == (["own.jpg"], 1)


def test_what_the_host_types_meanwhile_stays_and_the_rest_is_filled_in(video: Video, well_told: FarAway) -> None:
    with meanwhile("title", lambda: Video.objects.update(title="My words")):
        metadata.complete(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert (video.title, video.creator) == ("My words", "Ada")


def test_a_poster_that_the_host_adds_meanwhile_stays_and_ours_goes(video: Video, well_told: FarAway) -> None:
    with meanwhile("poster", lambda: Video.objects.update(poster="posters/own.jpg")):
        metadata.complete(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert (video.poster.name, posters()) == ("posters/own.jpg", [])


def test_a_poster_whose_row_cannot_be_written_goes(video: Video, well_told: FarAway) -> None:
    def fail() -> None:
        raise RuntimeError("no luck")

    with meanwhile("poster", fail), pytest.raises(RuntimeError):
        metadata.complete(video, fetcher=well_told.fetcher())
    assert posters() == []


@pytest.mark.parametrize("column", ["status", "title", "poster"])
def test_another_video_that_the_host_puts_there_meanwhile_gets_nothing_of_the_old_one(
    video: Video, well_told: FarAway, column: str
) -> None:
    with meanwhile(column, lambda: Video.objects.update(provider_id="aaaaaaaaaaa", title="", creator="", poster="")):
        metadata.complete(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert (video.title, video.creator, video.poster.name, posters()) == ("", "", "", [])
    assert video.checked_at is None or column != "status"


def test_a_video_that_is_deleted_meanwhile_leaves_no_file(video: Video, well_told: FarAway) -> None:
    with meanwhile("poster", lambda: Video.objects.all().delete()):
        metadata.complete(video, fetcher=well_told.fetcher())
    assert posters() == []


# --- When it goes wrong --------------------------------------------------------------------------------------------


def row(video: Video) -> dict[str, Any]:
    return {**Video.objects.filter(pk=video.pk).values().get()}


def test_of_a_video_that_is_not_there_only_that_is_kept(video: Video, far_away: FarAway, noon: datetime) -> None:
    before = row(video)
    metadata.complete(video, fetcher=far_away.fetcher())
    after = row(video)
    assert {name for name in after if after[name] != before[name]} == {"checked_at", "check_at", "failures"}
    assert (after["failures"], after["checked_at"]) == (1, noon)


@pytest.mark.parametrize("answer", [status(503), status(429), b""])
def test_what_may_pass_is_left_to_the_worker(video: Video, far_away: FarAway, answer: Answer) -> None:
    far_away.answers[""] = answer
    before = row(video)
    with pytest.raises(FetchFailed):
        metadata.complete(video, fetcher=far_away.fetcher())
    assert row(video) == before


@pytest.mark.parametrize("answer", [status(400), status(302, "Location: /consent"), ok(b"<html>", "text/html")])
def test_what_will_not_pass_is_left_empty(video: Video, far_away: FarAway, answer: Answer) -> None:
    far_away.answers[""] = answer
    before = row(video)
    metadata.complete(video, fetcher=far_away.fetcher())
    assert row(video) == before


def test_a_poster_that_fails_takes_nothing_else_along(video: Video, well_told: FarAway) -> None:
    well_told.answers[YOUTUBE_POSTER] = status(503)
    with pytest.raises(FetchFailed):
        metadata.complete(video, fetcher=well_told.fetcher())
    well_told.answers[YOUTUBE_POSTER] = status(404)
    metadata.complete(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert (video.title, video.poster.name) == ("The clip", "")


def test_if_the_picture_that_was_named_fails_the_one_of_the_table_is_taken(video: Video, well_told: FarAway) -> None:
    address = "https://i.ytimg.com/vi/dQw4w9WgXcQ/maxresdefault.jpg"
    well_told.answers |= {"i.ytimg.com": status(503), YOUTUBE: as_json(title="The clip", thumbnail_url=address)}
    metadata.complete(video, fetcher=well_told.fetcher())
    assert len(posters()) == 1


# --- When it is done -----------------------------------------------------------------------------------------------


def test_a_provider_out_of_reach_calls_nobody_and_is_asked_once_it_answers(
    video: Video, well_told: FarAway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tasks, "Fetcher", well_told.fetcher)
    good, well_told.answers[YOUTUBE] = well_told.answers[YOUTUBE], status(503)
    metadata.ask(video)
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


def test_the_worker_completes_what_was_asked_for_and_tries_again(
    video: Video, well_told: FarAway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "Fetcher", well_told.fetcher)
    edited = Post.objects.get().updated_at
    good, well_told.answers[YOUTUBE] = well_told.answers[YOUTUBE], status(500)
    metadata.ask(video)
    worker.run_due()
    assert "500" in Task.objects.get(job="complete-video").last_error
    well_told.answers[YOUTUBE] = good
    Task.objects.update(due_at=Task.objects.get().created_at)
    worker.run_due()
    video.refresh_from_db()
    assert (video.title, len(posters())) == ("The clip", 1)
    assert not Task.objects.exists()
    assert Post.objects.get().updated_at == edited


def test_work_about_a_video_that_is_no_more_is_no_error(video: Video, well_told: FarAway) -> None:
    metadata.ask(video)
    video.delete()
    worker.run_due()
    assert not Task.objects.exists()


def test_what_was_known_of_another_video_is_forgotten(own_post: Post, noon: datetime) -> None:
    video = video_of(own_post, status="unavailable", unavailable_since=noon, checked_at=noon, check_at=noon, failures=9)
    metadata.ask(video)
    for each in (video, Video.objects.get()):
        known = (each.status, each.unavailable_since, each.checked_at, each.check_at, each.failures)
        assert known == ("live", None, None, None, 0)


def test_what_is_rolled_back_is_not_asked(video: Video) -> None:
    with transaction.atomic():
        metadata.ask(video)
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
def test_where_nobody_may_be_asked_nobody_is(own_post: Post, far_away: FarAway, fields: dict[str, Any]) -> None:
    video = video_of(own_post, **fields)
    metadata.ask(video)
    metadata.complete(video, fetcher=far_away.fetcher())
    assert not Task.objects.exists()
    assert far_away.connections == 0


def test_a_site_can_be_told_to_ask_nobody(video: Video, well_told: FarAway, settings: Settings) -> None:
    settings.VIDEO_FETCH = False
    metadata.ask(video)
    metadata.complete(video, fetcher=well_told.fetcher())
    assert not Task.objects.exists()
    assert well_told.connections == 0


# --- Whose word it is ----------------------------------------------------------------------------------------------


def test_only_what_the_host_typed_counts_as_typed(video: Video, well_told: FarAway) -> None:
    metadata.complete(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert video.fetched == {"title": "The clip", "creator": "Ada", "poster": video.poster.name}
    assert not video.has_typed
    video.title = "My words"
    assert video.has_typed


def test_what_was_told_of_another_video_goes_and_what_was_typed_stays(
    video: Video, well_told: FarAway, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    metadata.complete(video, fetcher=well_told.fetcher())
    Video.objects.update(title="My words", provider_id="aaaaaaaaaaa")
    video.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        metadata.ask(video)
    for each in (video, Video.objects.get()):
        assert (each.title, each.creator, each.poster.name, each.fetched) == ("My words", "", "", {})
    assert posters() == []


def test_of_a_video_of_tiktok_without_its_user_nobody_knows(own_post: Post) -> None:
    metadata.ask(video_of(own_post, "tiktok", provider_id="7106594312292453675"))
    assert not Task.objects.exists()


# --- Who has it done -----------------------------------------------------------------------------------------------


def test_a_video_is_asked_about_when_it_is_attached_and_when_it_becomes_another(
    desk: Client, repost_submission: Submission
) -> None:
    assert desk.post(reverse("admin:blog_post_add"), repost_submission).status_code == 302
    assert _asked_about()
    for changes, is_asked in (
        ({"videos-0-title": "Other words"}, False),
        ({"videos-0-page_url": "https://youtu.be/dQw4w9WgXcQ"}, False),
        ({"videos-0-page_url": "https://youtu.be/aaaaaaaaaaa"}, True),
    ):
        post = Post.objects.get()
        assert desk.post(change_url(post), resubmission(desk, post, **changes)).status_code == 302
        assert _asked_about() is is_asked


def test_a_video_in_a_text_is_asked_about_once(own_post: Post) -> None:
    own_post.body = "https://youtu.be/dQw4w9WgXcQ"
    own_post.save()
    placement.keep_rows(own_post)
    assert _asked_about()
    placement.keep_rows(own_post)
    assert not _asked_about()


def _asked_about() -> bool:
    """Whether a video is to be completed; from now on it is not."""
    return bool(Task.objects.filter(job="complete-video").delete()[0])

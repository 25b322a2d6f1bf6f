"""When a film of ours is deleted, and when it is not."""

import os

from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from blog.models import Person, Post, Video
from tests.blog.conftest import Submission, change_url, resubmission, staff
from tests.blog.films import MP4
from tests.blog.test_uploaded_videos import (
    STEM,
    film,
    names_in,
    shown,
    stored,
    with_film,
)

__all__ = ["shown", "with_film"]  # fixtures


def test_a_film_goes_with_its_post(
    desk: Client, shown: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        shown.post.delete()
        assert names_in("videos") == [f"{STEM}.webm"]  # it may still be rolled back
    assert names_in("videos") == names_in("captions") == []


def test_a_film_goes_when_another_takes_its_place(
    desk: Client, shown: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        changed = resubmission(desk, shown.post, **{"videos-0-file": film(MP4), "videos-0-captions-clear": "on"})
        stored(desk, changed, change_url(shown.post))
    shown.refresh_from_db()
    assert names_in("videos") == [os.path.basename(shown.file.name)]
    assert shown.file.name.endswith(".mp4")
    assert names_in("captions") == []


def test_a_film_that_two_posts_show_is_one_file_and_goes_with_the_second(
    desk: Client,
    shown: Video,
    with_film: Submission,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    again = stored(desk, with_film | {"slug": "again", "videos-0-file": film(name="b"), "videos-0-title": "Again"})
    assert again.file.name == shown.file.name
    assert names_in("videos") == [f"{STEM}.webm"]
    with django_capture_on_commit_callbacks(execute=True):
        shown.delete()
    assert names_in("videos") == [f"{STEM}.webm"]
    assert names_in("captions") == []
    with django_capture_on_commit_callbacks(execute=True):
        Video.objects.all().delete()
    assert names_in("videos") == []


def test_saving_a_row_for_other_reasons_keeps_its_film(
    shown: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        shown.title = "Another"
        shown.save()
        shown.save(update_fields=["status"])
    assert names_in("videos") == [f"{STEM}.webm"]
    assert len(names_in("captions")) == 1


def test_only_a_name_that_tells_the_content_is_taken_for_the_same(own_post: Post) -> None:
    first, second = (
        Video.objects.create(post=own_post, provider="upload", file=ContentFile(data, name="film.webm"))
        for data in (b"one", b"another")
    )
    assert first.file.name != second.file.name
    with second.file.open() as kept:
        assert kept.read() == b"another"


def test_who_has_no_right_to_videos_keeps_the_film_of_a_post(shown: Video, host: Person) -> None:
    clerk = staff("view_post", "change_post", "view_repost", "change_repost", "view_credit")
    response = clerk.post(change_url(shown.post), resubmission(clerk, shown.post, title="Corrected"))
    assert response.status_code == 302
    assert Video.objects.get().file.name == f"videos/{STEM}.webm"

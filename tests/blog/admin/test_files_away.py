"""Files that cannot be stored, because their place does not answer: said in the form, and nothing typed is lost."""

from io import BytesIO

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from blog.models import Evidence, PermissionEvent, Post
from config import environment
from tests.blog.conftest import Submission, change_url, resubmission
from tests.browser.conftest import free_port

SORRY = "Files cannot be stored at the moment"
ADD = reverse("admin:blog_post_add")


@pytest.fixture(autouse=True)
def bucket_that_is_away(settings: Settings) -> None:
    nowhere = f"s3+http://key:secret@127.0.0.1:{free_port()}/blog"
    settings.STORAGES = {**settings.STORAGES, **environment.file_storages(nowhere)}


def picture(name: str = "cover.png") -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (3, 3)).save(content, "PNG")
    return SimpleUploadedFile(name, content.getvalue(), "image/png")


def test_a_new_post_comes_back_with_all_that_was_typed(desk: Client, repost_submission: Submission) -> None:
    response = desk.post(ADD, repost_submission | {"cover": picture(), "cover_alt": "Black."})
    page = response.content.decode()
    assert response.status_code == 200
    assert SORRY in page
    assert "Choose these again: “cover.png”" in page
    for typed in ("On cameras", "A colleague writes:", "With her permission", "Black."):
        assert typed in page
    assert not Post.objects.exists()
    assert not PermissionEvent.objects.exists()


def test_a_post_that_is_changed_stays_as_it_was(desk: Client, own_post: Post) -> None:
    sent = resubmission(desk, own_post) | {"title": "Another title", "cover": picture(), "cover_alt": "Black."}
    page = desk.post(change_url(own_post), sent).content.decode()
    assert SORRY in page
    assert "Another title" in page
    own_post.refresh_from_db()
    assert own_post.title != "Another title"


def test_without_a_file_everything_is_stored(desk: Client, repost_submission: Submission) -> None:
    assert desk.post(ADD, repost_submission).status_code == 302
    assert Post.objects.exists()


def test_a_picture_for_a_text_is_refused_with_a_sentence(desk: Client) -> None:
    answer = desk.post(reverse("markdownx_upload"), {"image": picture()})
    assert answer.status_code == 503
    assert SORRY in answer.json()["image_code"]


def test_evidence_is_not_on_file_without_its_file(
    desk: Client, permitted_repost: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Evidence._meta.get_field("file"), "storage", storages["private"])  # found at the start
    address = reverse("admin:blog_post_add_evidence", args=[permitted_repost.pk])
    letter = SimpleUploadedFile("letter.txt", b"Dear host")
    answer = desk.post(address, {"kind": "email", "dated": "2026-02-28", "file": letter})
    assert answer.status_code == 200
    assert SORRY in answer.content.decode()
    assert not Evidence.objects.exists()

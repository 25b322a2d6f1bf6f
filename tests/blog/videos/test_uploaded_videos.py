"""Uploaded videos, from the form of a post to its page and feeds, until they are deleted."""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from blog.models import Person, Post, Repost, Video
from blog.videos import placement
from core import clock
from core.tasks import periodic
from tests.attacks import ATTACKS, assert_harmless
from tests.blog.conftest import Submission, change_url, page, resubmission, staff
from tests.blog.videos.films import CAPTIONS, MP4, WEBM
from tests.conftest import MakePost, MakeRepost

ADD = reverse("admin:blog_post_add")
STEM = hashlib.sha256(WEBM).hexdigest()[:32]


def film(data: bytes = WEBM, name: str = "My holidays.webm") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "video/webm")


def captions(data: bytes = CAPTIONS) -> SimpleUploadedFile:
    return SimpleUploadedFile("captions.vtt", data, "text/vtt")


@pytest.fixture
def with_film(submission: Submission) -> Submission:
    """What a browser sends for a new public post with a video file."""
    return submission | {
        "status": "published",
        "body": "Look:",
        "videos-0-title": "The harbour",
        "videos-0-file": film(),
        "videos-0-ai_origin": "none",
    }


@pytest.fixture
def shown(desk: Client, with_film: Submission) -> Video:
    """An uploaded video with captions on a public post."""
    return stored(desk, with_film | {"videos-0-captions": captions()})


def stored(desk: Client, data: Submission, path: str = ADD) -> Video:
    response = desk.post(path, data)
    assert response.status_code == 302, [part.formset.errors for part in response.context["inline_admin_formsets"]]
    return Video.objects.latest("pk")


def refused(desk: Client, data: Submission, path: str = ADD) -> str:
    """Send a form that is refused, and return the page that shows it again."""
    response = desk.post(path, data)
    assert response.status_code == 200
    return str(response.content.decode())


def names_in(folder: str) -> list[str]:
    return sorted(default_storage.listdir(folder)[1]) if default_storage.exists(folder) else []


# --- The form


def test_a_file_is_stored_under_a_name_from_its_content(desk: Client, with_film: Submission) -> None:
    video = stored(desk, with_film)
    assert video.file.name == f"videos/{STEM}.webm"
    assert (video.provider, video.provider_id, video.page_url) == ("upload", STEM, "")
    assert (video.file_size, video.duration) == (len(WEBM), 8)
    with video.file.open() as file:
        assert file.read() == WEBM


def test_a_large_file_is_not_read_into_memory_and_leaves_no_temporary_file(
    desk: Client, with_film: Submission, settings: Settings
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000  # larger uploads, like real videos, arrive as temporary files
    assert stored(desk, with_film).file.name == f"videos/{STEM}.webm"
    assert names_in("videos") == [f"{STEM}.webm"]
    assert os.listdir(settings.FILE_UPLOAD_TEMP_DIR) == []


def test_without_a_poster_there_is_a_drawing_and_the_title_precedes_the_download(shown: Video) -> None:
    html = page(Client(), shown.post.get_absolute_url())
    assert 'poster="/static/icons/film' in html
    order = [html.index(part) for part in ('class="video-title"', "Download the video")]
    assert order == sorted(order)


def test_a_duration_that_the_host_typed_stays(desk: Client, with_film: Submission) -> None:
    assert stored(desk, with_film | {"videos-0-duration": "7"}).duration == 7


def test_another_file_replaces_duration_and_name(desk: Client, shown: Video) -> None:
    changed = resubmission(desk, shown.post, **{"videos-0-file": film(MP4)})
    Video.objects.update(duration=77)
    stored(desk, changed | {"initial-videos-0-duration": "77", "videos-0-duration": "77"}, change_url(shown.post))
    shown.refresh_from_db()
    assert shown.file.name.endswith(".mp4")
    assert shown.provider_id != STEM
    assert (shown.file_size, shown.duration) == (len(MP4), 8)


def test_a_form_that_is_sent_unchanged_changes_nothing(desk: Client, shown: Video) -> None:
    before = Video.objects.values().get()
    stored(desk, resubmission(desk, shown.post), change_url(shown.post))
    assert Video.objects.values().get() == before


@pytest.mark.parametrize("url", ["", "https://youtu.be/dQw4w9WgXcQ"])
def test_a_file_can_be_replaced_by_a_url_but_not_by_nothing(desk: Client, shown: Video, url: str) -> None:
    changes = {"videos-0-file-clear": "on", "videos-0-captions-clear": "on", "videos-0-page_url": url}
    changes |= {"initial-videos-0-duration": "8"}
    data = resubmission(desk, shown.post, **changes)
    if not url:
        assert "Give the web address of a video, or choose a file." in refused(desk, data, change_url(shown.post))
        return
    stored(desk, data, change_url(shown.post))
    shown.refresh_from_db()
    assert (shown.provider, shown.file.name, shown.file_size, shown.duration) == ("youtube", "", None, None)


def test_captions_are_in_the_language_of_the_post_by_default(desk: Client, with_film: Submission) -> None:
    with_film |= {"language": "de-AT", "videos-0-captions": captions()}
    assert stored(desk, with_film).captions_language == "de-AT"
    with_film |= {"slug": "second", "videos-0-file": film(), "videos-0-captions": captions()}
    assert stored(desk, with_film | {"videos-0-captions_language": "la"}).captions_language == "la"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"videos-0-file": film(b"<script>alert(1)</script>")}, "not a video that browsers can play"),
        ({"videos-0-captions": captions(b"Hello")}, "whose first line is WEBVTT"),
        ({"videos-0-captions": captions(), "videos-0-captions_language": "Klingon!"}, "Use a language tag"),
        ({"videos-0-captions": captions(), "language": ""}, "This field is required"),
        ({"videos-0-page_url": "https://youtu.be/dQw4w9WgXcQ"}, "not both"),
        ({"videos-0-file": "words instead of a file"}, "Give the web address of a video, or choose a file."),
    ],
)
def test_an_invalid_form_says_what_is_wrong_and_stores_nothing(
    desk: Client, with_film: Submission, changes: dict[str, Any], sentence: str
) -> None:
    for file in changes.values():
        if isinstance(file, SimpleUploadedFile):
            file.seek(0)
    assert sentence in refused(desk, with_film | changes)
    assert not Post.objects.exists()
    assert names_in("videos") == names_in("captions") == []


def test_captions_are_only_for_uploaded_videos(desk: Client, with_film: Submission) -> None:
    linked = {"videos-0-page_url": "https://youtu.be/dQw4w9WgXcQ", "videos-0-file": "", "videos-0-duration": "5"}
    page = refused(desk, with_film | linked | {"videos-0-captions": captions()})
    assert "paste a transcript instead" in page


def test_editing_a_video_in_a_text_keeps_its_fetched_duration(desk: Client, make_post: MakePost) -> None:
    post = make_post(body="https://youtu.be/dQw4w9WgXcQ")
    placement.synchronise_rows(post)
    Video.objects.update(duration=212, ai_origin="none")
    stored(
        desk,
        resubmission(desk, post) | {"initial-videos-0-duration": "212", "videos-0-title": "The clip"},
        change_url(post),
    )
    video = Video.objects.get()
    assert (video.title, video.duration) == ("The clip", 212)


def test_a_refused_form_says_which_files_to_choose_again(desk: Client, with_film: Submission) -> None:
    answer = refused(desk, with_film | {"title": "", "videos-0-captions": captions()})
    assert "Choose these again: “My holidays.webm”, “captions.vtt”." in answer
    assert "Choose these again" not in desk.get(ADD).content.decode()


def test_the_name_of_an_upload_is_only_repeated_in_the_message(desk: Client, with_film: Submission) -> None:
    """Send all attacks in one form: the message names every file, even those of rows that do not exist."""
    names = [re.sub(r'[\r\n"\\/]', "_", attack).strip() or "x" for attack in ATTACKS.values()]
    files = {f"videos-{number}-file": film(name=name) for number, name in enumerate(names)}
    answer = refused(desk, with_film | {"title": ""} | files)
    (message,) = re.findall(r'<ul class="messagelist">.*?</ul>', answer, re.DOTALL)
    assert "Browsers forget chosen files when a form is shown again. Choose these again: “" in message
    assert message.count("”") >= len(names)
    assert_harmless(message)
    assert names_in("videos") == []


def test_the_preview_needs_no_upload_and_shows_the_stored_file(desk: Client, shown: Video) -> None:
    path = reverse("admin:blog_post_preview", args=[shown.post.pk])
    answer = desk.post(path, resubmission(desk, shown.post, title="Seen before")).content.decode()
    assert f'<source src="/media/videos/{STEM}.webm" type="video/webm">' in answer


# --- Who may upload


@pytest.mark.parametrize("who", ["nobody", "a moderator", "who may change posts only"])
def test_an_upload_without_permission_is_not_read(
    who: str, client: Client, moderator: Any, settings: Settings, own_post: Post
) -> None:
    if who == "a moderator":
        client.force_login(moderator)
    elif who == "who may change posts only":
        client = staff("change_post", "add_post")
    settings.REQUEST_MAX_BYTES = 1000
    for path in (ADD, change_url(own_post), "/admin/login/", "/comments/new/1/"):
        answer = client.post(path, {"videos-0-file": film()})
        assert answer.status_code == 400
        assert "You sent too much at once" in answer.content.decode()
        assert os.listdir(settings.FILE_UPLOAD_TEMP_DIR) == []


def test_those_who_may_add_videos_may_upload_one_at_a_time_and_only_to_a_post(
    desk: Client, with_film: Submission, settings: Settings
) -> None:
    settings.REQUEST_MAX_BYTES, settings.VIDEO_MAX_BYTES = 5000, 20_000
    assert desk.post("/admin/blog/person/add/", {"file": film()}).status_code == 400
    assert desk.post(ADD, with_film | {"videos-0-poster": film(), "videos-0-file": film()}).status_code == 400
    assert not Post.objects.exists()
    stored(desk, with_film | {"videos-0-file": film()})
    assert staff("change_post", "add_post", "add_video").post(ADD, {"videos-0-file": film()}).status_code == 200


def test_files_of_interrupted_uploads_are_deleted_after_a_day(db: None, settings: Settings) -> None:
    old, new = (Path(settings.FILE_UPLOAD_TEMP_DIR, name) for name in ("old.upload", "new.upload"))
    for file, age in ((old, 25 * 3600), (new, 23 * 3600)):
        file.write_bytes(b"half a film")
        moment = clock.now().timestamp() - age
        os.utime(file, (moment, moment))
    periodic.clear_incoming("")
    assert (old.exists(), new.exists()) == (False, True)


# --- The page, feeds and JSON-LD


def test_the_player_needs_no_script(client: Client, shown: Video) -> None:
    html = page(client, shown.post.get_absolute_url())
    player = re.findall(r"<video .*?</video>", html)[0]
    assert 'controls preload="none" playsinline width="1280" height="720"' in player
    assert f'<source src="/media/videos/{STEM}.webm" type="video/webm">' in player
    assert 'kind="captions"' in player
    assert 'srclang="en" label="English" default' in player
    assert 'aria-label="The harbour"' in player
    assert "data-player" not in html
    assert f'<a href="/media/videos/{STEM}.webm" download="the-harbour.webm">Download the video</a> (WebM, 13.4' in html
    assert_harmless(html, page=True)
    for path in re.findall(r'src="(/media/[^"]+)"', player):
        assert client.get(path).getvalue() in (WEBM, CAPTIONS)


@pytest.mark.parametrize(
    ("language", "label"), [("de", "Deutsch"), ("de-AT", "Deutsch"), ("pt-BR", "Português Brasileiro"), ("la", "la")]
)
def test_captions_are_labelled_in_their_own_language(language: str, label: str) -> None:
    assert Video(captions_language=language).captions_label == label


def test_no_title_of_a_video_breaks_out_of_the_page(client: Client, own_post: Post) -> None:
    titles = [*(attack.replace("\0", "")[:300] for attack in ATTACKS.values()), ""]
    common = {"provider": "upload", "file": "videos/a.webm", "captions": "captions/a.vtt"}
    common["captions_language"] = '"><script>'
    Video.objects.bulk_create(Video(post=own_post, title=title, **common) for title in titles)
    html = client.get(own_post.get_absolute_url()).content.decode()
    assert_harmless(html, page=True)
    assert html.count("<video ") == html.count('<figure class="video') == len(titles)


def test_a_page_is_shown_even_if_its_file_is_lost(client: Client, shown: Video) -> None:
    default_storage.delete(shown.file.name)
    assert "Download the video" in page(client, shown.post.get_absolute_url())
    assert client.get(shown.file.url).status_code == 404


def test_feeds_enclose_the_file(client: Client, shown: Video) -> None:
    atom = client.get("/feeds/posts.atom").content.decode()
    links = re.findall(r'<link [^>]*rel="enclosure"[^>]*>', atom)
    assert len(links) == 1
    for attribute in (f'href="http://127.0.0.1:8000{shown.file.url}"', 'type="video/webm"', f'length="{len(WEBM)}"'):
        assert attribute in links[0]
    (item,) = json.loads(client.get("/feeds/posts.json").content)["items"]
    assert item["attachments"] == [
        {
            "url": f"http://127.0.0.1:8000{shown.file.url}",
            "mime_type": "video/webm",
            "title": "The harbour",
            "size_in_bytes": len(WEBM),
            "duration_in_seconds": 8,
        }
    ]


@pytest.mark.parametrize("change", [{"state": "withdrawn"}, {"not_in_feeds": True}], ids=["ended", "kept out of feeds"])
def test_a_file_of_words_that_are_in_no_feed_is_not_enclosed(
    client: Client, make_repost: MakeRepost, change: dict[str, Any]
) -> None:
    post = make_repost()
    Video.objects.create(post=post, part="repost", provider="upload", file="videos/film.webm", title="Hers")
    assert 'rel="enclosure"' in client.get("/feeds/posts.atom").content.decode()
    assert "attachments" in client.get("/feeds/posts.json").content.decode()
    Repost.objects.update(**change)
    for feed in ("/feeds/posts.atom", "/feeds/posts.json"):
        assert "film.webm" not in client.get(feed).content.decode()


def test_the_json_ld_has_the_url_of_the_file(client: Client, shown: Video) -> None:
    Video.objects.update(poster="posters/x.jpg", uploaded_on=clock.now().date())
    html = client.get(shown.post.get_absolute_url()).content.decode()
    graph = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)[0])["@graph"]
    node = next(node for node in graph if node["@type"] == "VideoObject")
    assert node["contentUrl"] == f"http://127.0.0.1:8000{shown.file.url}"
    assert (node["encodingFormat"], node["duration"]) == ("video/webm", "PT8S")
    assert "embedUrl" not in node


# --- Replacing and deleting


def test_a_file_is_deleted_when_another_replaces_it(
    desk: Client, shown: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        changed = resubmission(desk, shown.post, **{"videos-0-file": film(MP4), "videos-0-captions-clear": "on"})
        stored(desk, changed, change_url(shown.post))
    shown.refresh_from_db()
    assert names_in("videos") == [os.path.basename(shown.file.name)]
    assert shown.file.name.endswith(".mp4")
    assert names_in("captions") == []


def test_saving_a_post_without_permission_for_videos_keeps_its_file(shown: Video, host: Person) -> None:
    clerk = staff("view_post", "change_post", "view_repost", "change_repost", "view_credit")
    response = clerk.post(change_url(shown.post), resubmission(clerk, shown.post, title="Corrected"))
    assert response.status_code == 302
    assert Video.objects.get().file.name == f"videos/{STEM}.webm"

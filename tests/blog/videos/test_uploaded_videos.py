"""Films of our own, from the form of a post to its page, its feeds, and their end."""

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
    """What a browser sends for a new public post with a film."""
    return submission | {
        "status": "published",
        "body": "Look:",
        "videos-0-title": "The harbour",
        "videos-0-file": film(),
        "videos-0-ai_origin": "none",
    }


@pytest.fixture
def shown(desk: Client, with_film: Submission) -> Video:
    """A film on a public post, with captions."""
    return stored(desk, with_film | {"videos-0-captions": captions()})


def stored(desk: Client, data: Submission, address: str = ADD) -> Video:
    response = desk.post(address, data)
    assert response.status_code == 302, [part.formset.errors for part in response.context["inline_admin_formsets"]]
    return Video.objects.latest("pk")


def refused(desk: Client, data: Submission, address: str = ADD) -> str:
    """The page on which a form comes back."""
    response = desk.post(address, data)
    assert response.status_code == 200
    return str(response.content.decode())


def names_in(folder: str) -> list[str]:
    return sorted(default_storage.listdir(folder)[1]) if default_storage.exists(folder) else []


# --- The form


def test_a_film_is_kept_under_a_name_that_tells_its_content(desk: Client, with_film: Submission) -> None:
    video = stored(desk, with_film)
    assert video.file.name == f"videos/{STEM}.webm"
    assert (video.provider, video.provider_id, video.page_url) == ("upload", STEM, "")
    assert (video.file_size, video.duration) == (len(WEBM), 8)
    with video.file.open() as kept:
        assert kept.read() == WEBM


def test_a_film_is_never_in_memory_and_moves_to_its_place(
    desk: Client, with_film: Submission, settings: Settings
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000  # above this, as a real film is, it comes as a file
    assert stored(desk, with_film).file.name == f"videos/{STEM}.webm"
    assert names_in("videos") == [f"{STEM}.webm"]
    assert os.listdir(settings.FILE_UPLOAD_TEMP_DIR) == []


def test_without_a_poster_it_has_a_drawn_one_and_its_title_stands_before_the_download(shown: Video) -> None:
    html = page(Client(), shown.post.get_absolute_url())
    assert 'poster="/static/icons/film' in html
    order = [html.index(part) for part in ('class="video-title"', "Download the video")]
    assert order == sorted(order)


def test_a_length_that_the_host_typed_stays(desk: Client, with_film: Submission) -> None:
    assert stored(desk, with_film | {"videos-0-duration": "7"}).duration == 7


def test_another_film_has_another_length_and_name(desk: Client, shown: Video) -> None:
    changed = resubmission(desk, shown.post, **{"videos-0-file": film(MP4)})
    Video.objects.update(duration=77)
    stored(desk, changed | {"initial-videos-0-duration": "77", "videos-0-duration": "77"}, change_url(shown.post))
    shown.refresh_from_db()
    assert shown.file.name.endswith(".mp4")
    assert shown.provider_id != STEM
    assert (shown.file_size, shown.duration) == (len(MP4), 8)


def test_a_form_sent_back_unchanged_changes_nothing(desk: Client, shown: Video) -> None:
    before = Video.objects.values().get()
    stored(desk, resubmission(desk, shown.post), change_url(shown.post))
    assert Video.objects.values().get() == before


@pytest.mark.parametrize("address", ["", "https://youtu.be/dQw4w9WgXcQ"])
def test_a_film_gives_way_to_an_address_and_to_nothing_else(desk: Client, shown: Video, address: str) -> None:
    away = {"videos-0-file-clear": "on", "videos-0-captions-clear": "on", "videos-0-page_url": address}
    away |= {"initial-videos-0-duration": "8"}
    data = resubmission(desk, shown.post, **away)
    if not address:
        assert "Give the address of a video, or choose a file." in refused(desk, data, change_url(shown.post))
        return
    stored(desk, data, change_url(shown.post))
    shown.refresh_from_db()
    assert (shown.provider, shown.file.name, shown.file_size, shown.duration) == ("youtube", "", None, None)


def test_captions_are_in_the_language_of_the_post_unless_it_is_said(desk: Client, with_film: Submission) -> None:
    with_film |= {"language": "de-AT", "videos-0-captions": captions()}
    assert stored(desk, with_film).captions_language == "de-AT"
    with_film |= {"slug": "second", "videos-0-file": film(), "videos-0-captions": captions()}
    assert stored(desk, with_film | {"videos-0-captions_language": "la"}).captions_language == "la"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"videos-0-file": film(b"<script>alert(1)</script>")}, "not a video that browsers play"),
        ({"videos-0-captions": captions(b"Hello")}, "whose first line is WEBVTT"),
        ({"videos-0-captions": captions(), "videos-0-captions_language": "Klingon!"}, "Use a language tag"),
        ({"videos-0-captions": captions(), "language": ""}, "This field is required"),
        ({"videos-0-page_url": "https://youtu.be/dQw4w9WgXcQ"}, "not both"),
        ({"videos-0-file": "words instead of a file"}, "Give the address of a video, or choose a file."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    desk: Client, with_film: Submission, changes: dict[str, Any], sentence: str
) -> None:
    for file in changes.values():
        if isinstance(file, SimpleUploadedFile):
            file.seek(0)
    assert sentence in refused(desk, with_film | changes)
    assert not Post.objects.exists()
    assert names_in("videos") == names_in("captions") == []


def test_captions_are_for_films_of_our_own(desk: Client, with_film: Submission) -> None:
    elsewhere = {"videos-0-page_url": "https://youtu.be/dQw4w9WgXcQ", "videos-0-file": "", "videos-0-duration": "5"}
    page = refused(desk, with_film | elsewhere | {"videos-0-captions": captions()})
    assert "paste a transcript instead" in page


def test_what_is_known_of_a_video_in_a_text_is_no_film_s_business(desk: Client, make_post: MakePost) -> None:
    post = make_post(body="https://youtu.be/dQw4w9WgXcQ")
    placement.keep_rows(post)
    Video.objects.update(duration=212, ai_origin="none")
    stored(
        desk,
        resubmission(desk, post) | {"initial-videos-0-duration": "212", "videos-0-title": "The clip"},
        change_url(post),
    )
    video = Video.objects.get()
    assert (video.title, video.duration) == ("The clip", 212)


def test_a_form_that_comes_back_says_which_files_to_choose_again(desk: Client, with_film: Submission) -> None:
    answer = refused(desk, with_film | {"title": "", "videos-0-captions": captions()})
    assert "Choose again: “My holidays.webm”, “captions.vtt”." in answer
    assert "Choose again" not in desk.get(ADD).content.decode()


def test_the_name_of_a_file_is_only_ever_said_back(desk: Client, with_film: Submission) -> None:
    """All attacks in one form: it names each file that came, also of rows that it does not have."""
    names = [re.sub(r'[\r\n"\\/]', "_", attack).strip() or "x" for attack in ATTACKS.values()]
    files = {f"videos-{number}-file": film(name=name) for number, name in enumerate(names)}
    answer = refused(desk, with_film | {"title": ""} | files)
    (said,) = re.findall(r'<ul class="messagelist">.*?</ul>', answer, re.DOTALL)
    assert "A browser does not keep chosen files. Choose again: “" in said
    assert said.count("”") >= len(names)
    assert_harmless(said)
    assert names_in("videos") == []


def test_the_preview_asks_for_no_files_and_shows_what_is_stored(desk: Client, shown: Video) -> None:
    address = reverse("admin:blog_post_preview", args=[shown.post.pk])
    answer = desk.post(address, resubmission(desk, shown.post, title="Seen before")).content.decode()
    assert f'<source src="/media/videos/{STEM}.webm" type="video/webm">' in answer


# --- Who may send one


@pytest.mark.parametrize("who", ["nobody", "a moderator", "who may change posts only"])
def test_no_film_of_a_stranger_is_read(
    who: str, client: Client, moderator: Any, settings: Settings, own_post: Post
) -> None:
    if who == "a moderator":
        client.force_login(moderator)
    elif who == "who may change posts only":
        client = staff("change_post", "add_post")
    settings.REQUEST_MAX_BYTES = 1000
    for address in (ADD, change_url(own_post), "/admin/login/", "/comments/new/1/"):
        answer = client.post(address, {"videos-0-file": film()})
        assert answer.status_code == 400
        assert "You sent too much at once" in answer.content.decode()
        assert os.listdir(settings.FILE_UPLOAD_TEMP_DIR) == []


def test_who_may_add_videos_may_send_one_film_at_a_time_and_only_to_a_post(
    desk: Client, with_film: Submission, settings: Settings
) -> None:
    settings.REQUEST_MAX_BYTES, settings.VIDEO_MAX_BYTES = 5000, 20_000
    assert desk.post("/admin/blog/person/add/", {"file": film()}).status_code == 400
    assert desk.post(ADD, with_film | {"videos-0-poster": film(), "videos-0-file": film()}).status_code == 400
    assert not Post.objects.exists()
    stored(desk, with_film | {"videos-0-file": film()})
    assert staff("change_post", "add_post", "add_video").post(ADD, {"videos-0-file": film()}).status_code == 200


def test_what_a_killed_upload_left_is_cleared_away_after_a_day(db: None, settings: Settings) -> None:
    old, new = (Path(settings.FILE_UPLOAD_TEMP_DIR, name) for name in ("old.upload", "new.upload"))
    for file, age in ((old, 25 * 3600), (new, 23 * 3600)):
        file.write_bytes(b"half a film")
        moment = clock.now().timestamp() - age
        os.utime(file, (moment, moment))
    periodic.clear_incoming("")
    assert (old.exists(), new.exists()) == (False, True)


# --- The page, and what machines read


def test_a_reader_gets_a_player_without_a_script(client: Client, shown: Video) -> None:
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
    for address in re.findall(r'src="(/media/[^"]+)"', player):
        assert client.get(address).getvalue() in (WEBM, CAPTIONS)


@pytest.mark.parametrize(
    ("language", "label"), [("de", "Deutsch"), ("de-AT", "Deutsch"), ("pt-BR", "Português Brasileiro"), ("la", "la")]
)
def test_captions_are_offered_in_their_own_language(language: str, label: str) -> None:
    assert Video(captions_language=language).captions_label == label


def test_whatever_films_are_called_their_page_is_harmless(client: Client, own_post: Post) -> None:
    titles = [*(attack.replace("\0", "")[:300] for attack in ATTACKS.values()), ""]
    common = {"provider": "upload", "file": "videos/a.webm", "captions": "captions/a.vtt"}
    common["captions_language"] = '"><script>'
    Video.objects.bulk_create(Video(post=own_post, title=title, **common) for title in titles)
    html = client.get(own_post.get_absolute_url()).content.decode()
    assert_harmless(html, page=True)
    assert html.count("<video ") == html.count('<figure class="video') == len(titles)


def test_a_page_stands_though_its_file_is_lost(client: Client, shown: Video) -> None:
    default_storage.delete(shown.file.name)
    assert "Download the video" in page(client, shown.post.get_absolute_url())
    assert client.get(shown.file.url).status_code == 404


def test_feeds_send_the_film_along(client: Client, shown: Video) -> None:
    atom = client.get("/feeds/posts.atom").content.decode()
    links = re.findall(r'<link [^>]*rel="enclosure"[^>]*>', atom)
    assert len(links) == 1
    for told in (f'href="http://127.0.0.1:8000{shown.file.url}"', 'type="video/webm"', f'length="{len(WEBM)}"'):
        assert told in links[0]
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
def test_a_film_of_words_that_no_feed_sends_is_in_none(
    client: Client, make_repost: MakeRepost, change: dict[str, Any]
) -> None:
    post = make_repost()
    Video.objects.create(post=post, part="repost", provider="upload", file="videos/film.webm", title="Hers")
    assert 'rel="enclosure"' in client.get("/feeds/posts.atom").content.decode()
    assert "attachments" in client.get("/feeds/posts.json").content.decode()
    Repost.objects.update(**change)
    for feed in ("/feeds/posts.atom", "/feeds/posts.json"):
        assert "film.webm" not in client.get(feed).content.decode()


def test_machines_are_told_where_the_film_is(client: Client, shown: Video) -> None:
    Video.objects.update(poster="posters/x.jpg", uploaded_on=clock.now().date())
    html = client.get(shown.post.get_absolute_url()).content.decode()
    graph = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)[0])["@graph"]
    node = next(node for node in graph if node["@type"] == "VideoObject")
    assert node["contentUrl"] == f"http://127.0.0.1:8000{shown.file.url}"
    assert (node["encodingFormat"], node["duration"]) == ("video/webm", "PT8S")
    assert "embedUrl" not in node


# --- Its end


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


def test_who_has_no_right_to_videos_keeps_the_film_of_a_post(shown: Video, host: Person) -> None:
    clerk = staff("view_post", "change_post", "view_repost", "change_repost", "view_credit")
    response = clerk.post(change_url(shown.post), resubmission(clerk, shown.post, title="Corrected"))
    assert response.status_code == 302
    assert Video.objects.get().file.name == f"videos/{STEM}.webm"

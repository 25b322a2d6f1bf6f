"""What is fetched from a provider about a video, and which values are accepted."""

from pathlib import Path
from typing import Any

import pytest

from blog.models import Post, Video
from blog.videos import metadata, provider_answers
from tests.attacks import LONE_SURROGATE
from tests.blog.videos.examples import ANSWERS, DETAILS
from tests.blog.videos.rows import PICTURE, YOUTUBE, posters, video_of
from tests.core.fetching.other_servers import FarAway, as_json

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_providers")]


# --- Filling in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ANSWERS)
def test_the_answer_of_a_provider_is_filled_in(own_post: Post, far_away: FarAway, provider: str) -> None:
    example = ANSWERS[provider]
    far_away.answers |= {example.info_url: as_json(**example.json), example.picture_url: PICTURE}
    video = video_of(own_post, provider, start=90)
    metadata.fetch_missing(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    missing = {name: None if name in {"duration", "uploaded_on"} else "" for name in example.missing}
    assert {name: getattr(video, name) for name in DETAILS} == DETAILS | missing
    assert [Path(video.poster.name).name] == posters()
    assert far_away.asked[1:] == [example.picture_url]


@pytest.mark.parametrize("provider", ANSWERS)
def test_the_request_identifies_the_video_and_nothing_else(own_post: Post, far_away: FarAway, provider: str) -> None:
    far_away.answers[""] = as_json(title="The clip")
    metadata.fetch_missing(video_of(own_post, provider, start=90), fetcher=far_away.fetcher())
    assert far_away.asked[0] == ANSWERS[provider].info_url


@pytest.mark.parametrize(
    "url",
    [
        "https://video.example.org/still.jpg",
        "https://i.vimeocdn.com.video.example.org/still.jpg",
        "https://video-i.vimeocdn.com/still.jpg",
        "https://i.vimeocdn.com@video.example.org/still.jpg",
        "https://i.vimeocdn.com:22/still.jpg",
        "http://i.vimeocdn.com/still.jpg",
        "file:///i.vimeocdn.com/still.jpg",
        "//i.vimeocdn.com/still.jpg",
        "https://127.0.0.1/still.jpg",
        "https://[::1/still.jpg",
        "https://i.vimeocdn.com/still\n.jpg",
        "",
    ],
)
def test_a_picture_is_fetched_only_from_the_hosts_in_the_table(own_post: Post, far_away: FarAway, url: str) -> None:
    far_away.answers |= {"": PICTURE, "vimeo.com": as_json(title="The clip", thumbnail_url=url)}
    video = video_of(own_post, "vimeo")
    metadata.fetch_missing(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert len(far_away.asked) == far_away.connections == 1
    assert (video.title, video.poster.name) == ("The clip", "")


@pytest.mark.parametrize("path", ["//video.example.org/1.jpg", "https://video.example.org/1.jpg", "1.jpg", 7, "/../x"])
def test_pictures_of_peertube_are_fetched_only_from_the_same_instance(
    own_post: Post, far_away: FarAway, path: Any
) -> None:
    far_away.answers |= {"": PICTURE, "tube.example.org": as_json(name="The clip", thumbnailPath=path)}
    metadata.fetch_missing(video_of(own_post, "peertube"), fetcher=far_away.fetcher())
    assert {asked.partition("/")[0] for asked in far_away.asked} == {"tube.example.org"}


def test_pictures_of_the_internet_archive_are_fetched_only_from_its_own_servers(
    own_post: Post, far_away: FarAway
) -> None:
    answer = ANSWERS["archive"].json | {"server": "video.example.org/.archive.org"}
    far_away.answers |= {"": PICTURE, "archive.org": as_json(**answer)}
    metadata.fetch_missing(video_of(own_post, "archive"), fetcher=far_away.fetcher())
    assert "video.example.org" not in {asked.partition("/")[0] for asked in far_away.asked}


# --- Accepted values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "stored"),
    [
        ("  The\n\tclip ", "The clip"),
        ("The\0 cl\x1bip\x85", "The clip"),
        (f"The {LONE_SURROGATE}", "The ab"),
        ("The \u202egpj.exe", "The gpj.exe"),
        ("<b>The</b> clip", "<b>The</b> clip"),
        ("é" * 400, "é" * 300),
        ("e\u0301" * 400, "é" * 300),
        (7, ""),
        (None, ""),
        ({"a": 1}, ""),
        ([], ""),
        ([["The clip"]], ""),
    ],
)
def test_a_title_is_one_line_of_text(video: Video, well_told: FarAway, title: Any, stored: str) -> None:
    well_told.answers[YOUTUBE] = as_json(title=title)
    metadata.fetch_missing(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert video.title == stored


def test_several_video_files_have_no_duration_as_a_whole(own_post: Post, far_away: FarAway) -> None:
    files = [{"source": "original", "length": length} for length in ("61.7", "70")]
    far_away.answers["archive.org/metadata/a-trip-to-the-moon"] = as_json(files=files)
    video = video_of(own_post, "archive")
    metadata.fetch_missing(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert video.duration is None


INVALID_DURATIONS: list[Any] = [0, -1, True, "62s", "", [], {}, 10**10, 1e400, "inf", "nan", 10**400]
INVALID_DATES: list[Any] = ["yesterday", "2013-13-01", 10**20, -1, 1.5, {}, ""]


@pytest.mark.parametrize(
    "answer",
    [
        *({"duration": value} for value in INVALID_DURATIONS),
        *({"upload_date": value} for value in INVALID_DATES),
        *({"author_name": "Ada", "author_url": value} for value in ("javascript:alert(1)", "ada", 7, "https://a b")),
        {"author_url": "https://ada.example/"},
        {"author_name": "\0", "author_url": "https://ada.example/"},
        {"author_name": "Ada", "author_url": f"https://ada.example/{'a' * 1000}"},
    ],
)
def test_invalid_values_are_ignored(own_post: Post, far_away: FarAway, answer: dict[str, Any]) -> None:
    far_away.answers["vimeo.com"] = as_json(**answer)
    video = video_of(own_post, "vimeo")
    metadata.fetch_missing(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert (video.duration, video.uploaded_on, video.creator_url) == (None, None, "")


@pytest.mark.parametrize("answer", [{"metadata": 7}, {"files": 7}, {"files": [7, {}]}, {"metadata": {"title": {}}}])
def test_an_item_of_the_archive_may_look_like_anything(
    own_post: Post, far_away: FarAway, answer: dict[str, Any]
) -> None:
    far_away.answers["archive.org/metadata/a-trip-to-the-moon"] = as_json(**answer)
    video = video_of(own_post, "archive")
    metadata.fetch_missing(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert (video.title, video.duration, video.poster.name) == ("", None, "")


@pytest.mark.parametrize(
    ("name", "length"), [("title", provider_answers.TITLE_LENGTH), ("creator", provider_answers.NAME_LENGTH)]
)
def test_no_text_outgrows_its_column(own_post: Post, far_away: FarAway, name: str, length: int) -> None:
    """PostgreSQL would raise an error."""
    far_away.answers["vimeo.com"] = as_json(title="ä" * 5000, author_name="ä" * 5000)
    video = video_of(own_post, "vimeo")
    metadata.fetch_missing(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert getattr(video, name) == "ä" * length

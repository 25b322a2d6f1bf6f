"""What a provider says about a video, and how much of it we believe."""

from pathlib import Path
from typing import Any

import pytest

from blog.models import Post, Video
from blog.videos import metadata, provider_answers
from tests.attacks import LONE_SURROGATE
from tests.blog.videos.provider_replies import INFO_HOSTS, PICTURE, PROVIDERS_SAY, WHOLE, YOUTUBE, posters, video_of
from tests.core.fetching.other_servers import FarAway, as_json

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_providers")]


# --- What is filled in ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS_SAY)
def test_what_a_provider_tells_is_filled_in(own_post: Post, far_away: FarAway, provider: str) -> None:
    told, picture, unknown = PROVIDERS_SAY[provider]
    far_away.answers |= {INFO_HOSTS[provider]: as_json(**told), picture: PICTURE}
    video = video_of(own_post, provider, start=90)
    metadata.complete(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    nothing = {name: None if name in {"duration", "uploaded_on"} else "" for name in unknown}
    assert {name: getattr(video, name) for name in WHOLE} == WHOLE | nothing
    assert [Path(video.poster.name).name] == posters()
    assert far_away.asked[1:] == [picture]


@pytest.mark.parametrize(
    ("provider", "asked"),
    [
        ("youtube", f"{YOUTUBE}/oembed?format=json&url=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3DdQw4w9WgXcQ"),
        ("vimeo", "vimeo.com/api/oembed.json?url=https%3A%2F%2Fvimeo.com%2F76979871"),
        ("archive", "archive.org/metadata/a-trip-to-the-moon"),
        ("peertube", "tube.example.org/api/v1/videos/9c9de5e8-0a1e-484a-b099-e80766180a6d"),
    ],
)
def test_the_question_names_the_video_and_nothing_else(
    own_post: Post, far_away: FarAway, provider: str, asked: str
) -> None:
    far_away.answers[""] = as_json(title="The clip")
    metadata.complete(video_of(own_post, provider, start=90), fetcher=far_away.fetcher())
    assert far_away.asked[0] == asked


@pytest.mark.parametrize(
    "address",
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
def test_a_picture_is_fetched_from_the_hosts_of_the_table_alone(
    own_post: Post, far_away: FarAway, address: str
) -> None:
    far_away.answers |= {"": PICTURE, "vimeo.com": as_json(title="The clip", thumbnail_url=address)}
    video = video_of(own_post, "vimeo")
    metadata.complete(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert len(far_away.asked) == far_away.connections == 1
    assert (video.title, video.poster.name) == ("The clip", "")


@pytest.mark.parametrize("path", ["//video.example.org/1.jpg", "https://video.example.org/1.jpg", "1.jpg", 7, "/../x"])
def test_an_instance_names_pictures_of_its_own_alone(own_post: Post, far_away: FarAway, path: Any) -> None:
    far_away.answers |= {"": PICTURE, "tube.example.org": as_json(name="The clip", thumbnailPath=path)}
    metadata.complete(video_of(own_post, "peertube"), fetcher=far_away.fetcher())
    assert {asked.partition("/")[0] for asked in far_away.asked} == {"tube.example.org"}


def test_an_archive_names_servers_of_its_own_alone(own_post: Post, far_away: FarAway) -> None:
    told = PROVIDERS_SAY["archive"][0] | {"server": "video.example.org/.archive.org"}
    far_away.answers |= {"": PICTURE, "archive.org": as_json(**told)}
    metadata.complete(video_of(own_post, "archive"), fetcher=far_away.fetcher())
    assert "video.example.org" not in {asked.partition("/")[0] for asked in far_away.asked}


# --- What is believed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "kept"),
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
def test_a_title_is_one_line_of_text(video: Video, well_told: FarAway, title: Any, kept: str) -> None:
    well_told.answers[YOUTUBE] = as_json(title=title)
    metadata.complete(video, fetcher=well_told.fetcher())
    video.refresh_from_db()
    assert video.title == kept


def test_of_several_films_none_is_the_length(own_post: Post, far_away: FarAway) -> None:
    files = [{"source": "original", "length": length} for length in ("61.7", "70")]
    far_away.answers["archive.org/metadata/a-trip-to-the-moon"] = as_json(files=files)
    video = video_of(own_post, "archive")
    metadata.complete(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert video.duration is None


NO_LENGTHS: list[Any] = [0, -1, True, "62s", "", [], {}, 10**10, 1e400, "inf", "nan", 10**400]
NO_DAYS: list[Any] = ["yesterday", "2013-13-01", 10**20, -1, 1.5, {}, ""]


@pytest.mark.parametrize(
    "told",
    [
        *({"duration": value} for value in NO_LENGTHS),
        *({"upload_date": value} for value in NO_DAYS),
        *({"author_name": "Ada", "author_url": value} for value in ("javascript:alert(1)", "ada", 7, "https://a b")),
        {"author_url": "https://ada.example/"},
        {"author_name": "\0", "author_url": "https://ada.example/"},
        {"author_name": "Ada", "author_url": f"https://ada.example/{'a' * 1000}"},
    ],
)
def test_what_is_no_value_is_not_taken(own_post: Post, far_away: FarAway, told: dict[str, Any]) -> None:
    far_away.answers["vimeo.com"] = as_json(**told)
    video = video_of(own_post, "vimeo")
    metadata.complete(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert (video.duration, video.uploaded_on, video.creator_url) == (None, None, "")


@pytest.mark.parametrize("told", [{"metadata": 7}, {"files": 7}, {"files": [7, {}]}, {"metadata": {"title": {}}}])
def test_an_item_of_the_archive_may_look_like_anything(own_post: Post, far_away: FarAway, told: dict[str, Any]) -> None:
    far_away.answers["archive.org/metadata/a-trip-to-the-moon"] = as_json(**told)
    video = video_of(own_post, "archive")
    metadata.complete(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert (video.title, video.duration, video.poster.name) == ("", None, "")


@pytest.mark.parametrize(
    ("name", "length"), [("title", provider_answers.TITLE_LENGTH), ("creator", provider_answers.NAME_LENGTH)]
)
def test_no_text_outgrows_its_column(own_post: Post, far_away: FarAway, name: str, length: int) -> None:
    """On PostgreSQL it would be an error."""
    far_away.answers["vimeo.com"] = as_json(title="ä" * 5000, author_name="ä" * 5000)
    video = video_of(own_post, "vimeo")
    metadata.complete(video, fetcher=far_away.fetcher())
    video.refresh_from_db()
    assert getattr(video, name) == "ä" * length

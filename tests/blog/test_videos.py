"""Addresses of videos are read offline, and what they become in a page."""

import pytest
from django.test.html import parse_html

from blog.videos import embed
from blog.videos.providers import FRAME_ORIGINS, PROVIDERS, Reference, parse

YOUTUBE_ID = "a-B_c1D2e3F"

GOOD = [
    ("https://www.youtube.com/watch?v=a-B_c1D2e3F", "youtube", YOUTUBE_ID, 0),
    ("https://youtube.com/watch?v=a-B_c1D2e3F", "youtube", YOUTUBE_ID, 0),
    ("https://www.youtube.com/watch/?v=a-B_c1D2e3F", "youtube", YOUTUBE_ID, 0),
    ("http://m.youtube.com/watch?feature=share&v=a-B_c1D2e3F", "youtube", YOUTUBE_ID, 0),
    ("https://music.youtube.com/watch?v=a-B_c1D2e3F&list=PL123", "youtube", YOUTUBE_ID, 0),
    ("  https://WWW.YouTube.COM/watch?v=a-B_c1D2e3F\n", "youtube", YOUTUBE_ID, 0),
    ("HTTPS://youtu.be/a-B_c1D2e3F", "youtube", YOUTUBE_ID, 0),
    ("https://youtu.be/a-B_c1D2e3F?si=abcdef", "youtube", YOUTUBE_ID, 0),
    ("https://youtu.be/a-B_c1D2e3F/", "youtube", YOUTUBE_ID, 0),
    ("https://youtu.be/a-B_c1D2e3F?v=another", "youtube", YOUTUBE_ID, 0),
    ("https://www.youtube.com/shorts/a-B_c1D2e3F", "youtube", YOUTUBE_ID, 0),
    ("https://www.youtube.com/live/a-B_c1D2e3F?feature=share", "youtube", YOUTUBE_ID, 0),
    ("https://www.youtube.com/embed/a-B_c1D2e3F?start=90", "youtube", YOUTUBE_ID, 90),
    ("https://www.youtube-nocookie.com/embed/a-B_c1D2e3F", "youtube", YOUTUBE_ID, 0),
    ("https://www.youtube.com/watch?v=a-B_c1D2e3F&t=1h2m3s", "youtube", YOUTUBE_ID, 3723),
    ("https://www.youtube.com/watch?v=a-B_c1D2e3F&t=90s", "youtube", YOUTUBE_ID, 90),
    ("https://youtu.be/a-B_c1D2e3F?t=90", "youtube", YOUTUBE_ID, 90),
    ("https://youtu.be/a-B_c1D2e3F#t=1m30s", "youtube", YOUTUBE_ID, 90),
    ("https://youtu.be/a-B_c1D2e3F?t=soon", "youtube", YOUTUBE_ID, 0),
    ("https://youtu.be/a-B_c1D2e3F?t=-5", "youtube", YOUTUBE_ID, 0),
    ("https://youtu.be/a-B_c1D2e3F?t=99999999999999999999", "youtube", YOUTUBE_ID, 0),
    ("https://vimeo.com/76979871", "vimeo", "76979871", 0),
    ("https://www.vimeo.com/76979871/", "vimeo", "76979871", 0),
    ("https://vimeo.com/76979871#t=1m5s", "vimeo", "76979871", 65),
    ("https://player.vimeo.com/video/76979871?dnt=1", "vimeo", "76979871", 0),
    ("https://archive.org/details/some_film-1925.restored", "archive", "some_film-1925.restored", 0),
    ("https://archive.org/embed/some_film?start=12", "archive", "some_film", 12),
]

NOT_VIDEOS = [
    "",
    "youtube",
    "https://",
    "https://example.org/watch?v=a-B_c1D2e3F",
    "https://www.youtube.com/",
    "https://www.youtube.com/watch",
    "https://www.youtube.com/watch?v=",
    "https://www.youtube.com/watch?v=tooshort",
    "https://www.youtube.com/watch?v=a-B_c1D2e3F4",
    "https://www.youtube.com/@somebody",
    "https://www.youtube.com/embed/videoseries?list=PL123",
    "https://www.youtube.com/embed/live_stream?channel=UC123",
    "https://vimeo.com/channels/staffpicks",
    "https://archive.org/details/",
    "https://archive.org/details/../about",
    # hosts that only look the part
    "https://youtube.com.evil.example/watch?v=a-B_c1D2e3F",
    "https://evilyoutube.com/watch?v=a-B_c1D2e3F",
    "https://youtube.com@evil.example/watch?v=a-B_c1D2e3F",
    "https://evil.example@youtube.com/watch?v=a-B_c1D2e3F",
    "https://youtube.com\\@evil.example/watch?v=a-B_c1D2e3F",
    "https://youtube.com:8443/watch?v=a-B_c1D2e3F",
    "https://youtube.com:port/watch?v=a-B_c1D2e3F",
    "https://ｙoutube.com/watch?v=a-B_c1D2e3F",
    "https://evil.example/?u=https://youtu.be/a-B_c1D2e3F",
    "https://evil.example/#youtu.be/a-B_c1D2e3F",
    "https://[::1/watch?v=a-B_c1D2e3F",
    # other schemes, and ids that try to break out of an attribute or an address
    "javascript://youtube.com/watch?v=a-B_c1D2e3F",
    "data:text/html,youtu.be/a-B_c1D2e3F",
    "ftp://youtu.be/a-B_c1D2e3F",
    "//youtu.be/a-B_c1D2e3F",
    'https://youtu.be/a-B_c1D2"><b',
    "https://youtu.be/a-B_c1D2%22onx",
    "https://www.youtube.com/watch?v=a-B_c1D2e%0a",
    "https://www.youtube.com/watch?v=а-B_c1D2e3F",  # its first letter is Cyrillic
    "https://vimeo.com/٧٦٩٧٩٨٧١",
    "https://archive.org/details/a/b/c?autoplay=1",
]


@pytest.mark.parametrize(("address", "provider", "video_id", "start"), GOOD)
def test_an_address_of_a_known_provider_is_read(address: str, provider: str, video_id: str, start: int) -> None:
    assert parse(address) == Reference(provider, video_id, start)


@pytest.mark.parametrize("address", NOT_VIDEOS)
def test_every_other_address_is_no_video(address: str) -> None:
    assert parse(address) is None


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_page_of_a_video_leads_back_to_the_same_video(provider: str) -> None:
    reference = Reference(provider, {"youtube": YOUTUBE_ID, "vimeo": "76979871", "archive": "film"}[provider], 75)
    assert parse(reference.watch_url) == reference
    assert parse(reference.player_url) == reference


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_player_comes_from_an_origin_that_the_policy_allows(provider: str) -> None:
    assert Reference(provider, "x").player_url.startswith(tuple(f"{origin}/" for origin in FRAME_ORIGINS))


def test_a_video_in_a_text_is_a_link_home_and_loads_nothing() -> None:
    html = embed.player_html(Reference("youtube", YOUTUBE_ID, 90))
    assert 'href="https://www.youtube.com/watch?v=a-B_c1D2e3F&amp;t=90s"' in html
    assert 'data-player="https://www.youtube-nocookie.com/embed/a-B_c1D2e3F?autoplay=1&amp;rel=0&amp;start=90"' in html
    assert "src=" not in html
    assert "YouTube" in str(parse_html(html))


def test_a_title_cannot_leave_its_attribute() -> None:
    attributes = embed.facade_attributes(Reference("youtube", YOUTUBE_ID), '"><script>alert(1)</script>')
    assert "<script" not in attributes
    assert '"&' in attributes

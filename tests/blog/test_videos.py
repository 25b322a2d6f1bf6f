"""Addresses of videos are read offline, by one table, and what the settings allow follows from it."""

import ast
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as real_settings
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from blog.videos import embed, providers, table
from blog.videos.providers import PROVIDERS, UPLOAD, Reference, parse
from config import environment

YOUTUBE_ID = "a-B_c1D2e3F"
SHORT, UUID = "9c9de5e8KwYZ3bWxoBnNPt"[:22], "9c9de5e8-0a1e-484a-b099-e80766180a6d"
TIKTOK = "@some.one/video/7123456789012345678"
BV = "BV1xx411c7mD"
FILE = "https://films.example/a/film.mp4"

HOSTS = {"PEERTUBE_HOSTS": ("tube.example", "video.uni.example"), "VIDEO_FILE_HOSTS": ("films.example",)}

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
    ("https://www.youtube.com/v/a-B_c1D2e3F", "youtube", YOUTUBE_ID, 0),
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
    ("https://vimeo.com/76979871/abcdef1234", "vimeo", "76979871/abcdef1234", 0),
    ("https://vimeo.com/76979871/abcdef1234?share=copy#t=5", "vimeo", "76979871/abcdef1234", 5),
    ("https://player.vimeo.com/video/76979871?dnt=1", "vimeo", "76979871", 0),
    ("https://player.vimeo.com/video/76979871?h=abcdef1234&dnt=1", "vimeo", "76979871/abcdef1234", 0),
    ("https://www.dailymotion.com/video/x8abcde", "dailymotion", "x8abcde", 0),
    ("https://www.dailymotion.com/video/x8abcde_a-title_news?start=12", "dailymotion", "x8abcde", 12),
    ("https://www.dailymotion.com/embed/video/x8abcde", "dailymotion", "x8abcde", 0),
    ("https://geo.dailymotion.com/player/xabc.html?video=x8abcde", "dailymotion", "x8abcde", 0),
    ("https://dai.ly/x8abcde", "dailymotion", "x8abcde", 0),
    (f"https://www.tiktok.com/{TIKTOK}", "tiktok", TIKTOK, 0),
    (f"https://www.tiktok.com/{TIKTOK}?is_from_webapp=1&sender_device=pc", "tiktok", TIKTOK, 0),
    (f"https://m.tiktok.com/{TIKTOK}/", "tiktok", TIKTOK, 0),
    ("https://www.tiktok.com/player/v1/7123456789012345678", "tiktok", "7123456789012345678", 0),
    ("https://www.tiktok.com/embed/v2/7123456789012345678", "tiktok", "7123456789012345678", 0),
    (f"https://www.bilibili.com/video/{BV}", "bilibili", BV, 0),
    (f"https://www.bilibili.com/video/{BV}/?spm_id_from=333.788&t=30", "bilibili", BV, 30),
    (f"https://m.bilibili.com/video/{BV}", "bilibili", BV, 0),
    ("https://www.bilibili.com/video/av170001", "bilibili", "av170001", 0),
    (f"https://player.bilibili.com/player.html?bvid={BV}&page=1", "bilibili", BV, 0),
    (f"https://b23.tv/{BV}", "bilibili", BV, 0),
    ("https://archive.org/details/some_film-1925.restored", "archive", "some_film-1925.restored", 0),
    ("https://archive.org/embed/some_film?start=12", "archive", "some_film", 12),
    (FILE, "direct", FILE, 0),
    ("https://FILMS.example/a/film.mp4#t=90", "direct", FILE, 90),
    ("https://films.example/a.webm?token=a%20b&c=1", "direct", "https://films.example/a.webm?token=a%20b&c=1", 0),
    ("https://films.example/%E5%BD%B1.ogv", "direct", "https://films.example/%E5%BD%B1.ogv", 0),
]

ON_PEERTUBE = [
    (f"https://tube.example/w/{SHORT}", SHORT, 0),
    (f"https://tube.example/w/{UUID}?start=1m30s", UUID, 90),
    (f"https://tube.example/videos/watch/{UUID}", UUID, 0),
    (f"https://tube.example/videos/embed/{UUID}/", UUID, 0),
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
    "https://www.youtube.com/playlist?list=PL123",
    "https://www.youtube.com/embed/videoseries?list=PL123",
    "https://www.youtube.com/embed/live_stream?channel=UC123",
    "https://vimeo.com/channels/staffpicks",
    "https://vimeo.com/76979871/settings",
    "https://vimeo.com/76979871/abcdef1234/x",
    "https://www.dailymotion.com/playlist/x8abcde",
    "https://dai.ly/",
    "https://www.tiktok.com/@some.one",
    "https://www.tiktok.com/@some.one/photo/7123456789012345678",
    "https://www.tiktok.com/@some.one/video/712",
    "https://vm.tiktok.com/ZMabcdef/",  # where it leads nobody knows without asking
    "https://www.bilibili.com/video/BV1xx411c7m",
    "https://www.bilibili.com/video/avatar",
    "https://b23.tv/aBcDeF1",
    "https://archive.org/details/",
    "https://archive.org/details/../about",
    # instances and files that the settings do not name, or that are something else
    f"https://other.example/w/{SHORT}",
    f"http://tube.example/w/{SHORT}",
    f"https://tube.example.evil.example/w/{SHORT}",
    f"https://tube.example:8443/w/{SHORT}",
    f"https://films.example/w/{SHORT}",
    "https://tube.example/w/p/9c9de5e8KwYZ3bWxoBnNPt",
    "https://tube.example/w/tooshort",
    "https://tube.example/a/film.mp4",
    "http://films.example/a/film.mp4",
    "https://films.example:8443/film.mp4",
    "https://other.example/film.mp4",
    "https://films.example/film.mp4.html",
    "https://films.example/film.mp3",
    "https://films.example/?a=film.mp4",
    "https://films.example/fi lm.mp4",
    'https://films.example/"onx=.mp4',
    "https://films.example/<b>.mp4",
    "https://films.example/film.mp4?a='b",
    f"https://films.example/{'a' * 1000}.mp4",
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
    "https://evil.example/tiktok.com/@some.one/video/7123456789012345678",
    "https://wwwXtiktok.com/@some.one/video/7123456789012345678",
    "https://[::1/watch?v=a-B_c1D2e3F",
    # other schemes, and ids that try to break out of an attribute or an address
    "javascript://youtube.com/watch?v=a-B_c1D2e3F",
    "javascript://films.example/%0aalert(1)//a.mp4",
    "data:text/html,youtu.be/a-B_c1D2e3F",
    "ftp://youtu.be/a-B_c1D2e3F",
    "//youtu.be/a-B_c1D2e3F",
    'https://youtu.be/a-B_c1D2"><b',
    "https://youtu.be/a-B_c1D2%22onx",
    "https://www.youtube.com/watch?v=a-B_c1D2e%0a",
    "https://www.youtube.com/watch?v=а-B_c1D2e3F",  # its first letter is Cyrillic
    "https://vimeo.com/٧٦٩٧٩٨٧١",
    "https://archive.org/details/a/b/c?autoplay=1",
    "https://www.tiktok.com/@--><b>/video/7123456789012345678",
]

NO_HOSTS = ["*", "*.example.org", "localhost", "127.0.0.1", "[::1]", "tube.example:443", "https://tube.example"]
NO_HOSTS += ["a b.example", "tube.example;x", "tube.example/x", "'self'", "-a.example", "a..example", "tübe.example"]
NO_HOSTS += ["a.example\nb.c"]

EXAMPLES = {
    "youtube": Reference("youtube", YOUTUBE_ID, 75),
    "vimeo": Reference("vimeo", "76979871/abcdef1234", 75),
    "dailymotion": Reference("dailymotion", "x8abcde", 75),
    "tiktok": Reference("tiktok", TIKTOK),
    "bilibili": Reference("bilibili", BV, 75),
    "archive": Reference("archive", "film", 75),
    "peertube": Reference("peertube", SHORT, 75, "tube.example"),
    "direct": Reference("direct", FILE, 75),
}


@pytest.fixture(autouse=True)
def some_hosts(settings: Settings) -> None:
    settings.PEERTUBE_HOSTS, settings.VIDEO_FILE_HOSTS = HOSTS.values()


@pytest.mark.parametrize(("address", "provider", "video_id", "start"), GOOD)
def test_an_address_of_a_known_provider_is_read(address: str, provider: str, video_id: str, start: int) -> None:
    assert parse(address) == Reference(provider, video_id, start)


@pytest.mark.parametrize(("address", "video_id", "start"), ON_PEERTUBE)
def test_an_instance_of_peertube_is_part_of_the_reference(address: str, video_id: str, start: int) -> None:
    assert parse(address) == Reference("peertube", video_id, start, "tube.example")


@pytest.mark.parametrize("address", NOT_VIDEOS)
def test_every_other_address_is_no_video(address: str) -> None:
    assert parse(address) is None


@pytest.mark.parametrize("address", [ON_PEERTUBE[0][0], FILE])
def test_hosts_that_nobody_named_are_no_providers(address: str, settings: Settings) -> None:
    settings.PEERTUBE_HOSTS = settings.VIDEO_FILE_HOSTS = ()
    assert parse(address) is None
    assert "PeerTube" not in providers.names()


# --- The table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PROVIDERS)
def test_the_page_of_a_video_leads_back_to_the_same_video(key: str) -> None:
    assert parse(EXAMPLES[key].watch_url) == EXAMPLES[key]


@pytest.mark.parametrize(
    "address",
    [
        *(address for address, *_what in GOOD),
        f"https://www.tiktok.com/{TIKTOK}?t=90",  # whose pages begin at the beginning
        "https://youtu.be/a-B_c1D2e3F?t=99h999m999999s",
        f"{FILE}?t=9#t=5",
    ],
)
def test_whatever_is_read_its_page_says_the_same(address: str) -> None:
    """Else the form of a post would not know its own row again, and ask about it for ever."""
    reference = parse(address)
    assert reference
    assert parse(reference.watch_url) == reference


def test_no_address_grows_longer_than_its_column() -> None:
    long = f"{FILE}?{'a' * (994 - len(FILE) - 1)}"
    assert parse(f"{long}#t=9")
    assert parse(f"{long}#t=1h") is None


@pytest.mark.parametrize("key", set(PROVIDERS) - {"tiktok"})  # whose player does not know the user
def test_the_player_of_a_video_leads_back_to_the_same_video(key: str) -> None:
    found = parse(EXAMPLES[key].player_url)
    assert found
    assert (found.provider, found.id) == (key, EXAMPLES[key].id)


@pytest.mark.parametrize("key", PROVIDERS)
def test_the_player_comes_from_an_origin_that_the_policy_allows_and_from_no_other(key: str) -> None:
    frames, files = providers.frame_origins(HOSTS), providers.media_origins(HOSTS)
    player = urlsplit(EXAMPLES[key].player_url)
    allowed, other = (files, frames) if EXAMPLES[key].is_file else (frames, files)
    assert f"{player.scheme}://{player.netloc}" in allowed
    assert f"{player.scheme}://{player.netloc}" not in other


@pytest.mark.parametrize("key", PROVIDERS)
def test_a_row_is_whole(key: str) -> None:
    row = PROVIDERS[key]
    assert row.key == key
    assert EXAMPLES[key].is_well_formed
    assert bool(row.frame_origin) != bool(row.media_origin)
    assert row.aspect in ("16/9", "9/16")
    for address in (*row.watch, *row.player, row.poster, row.info):
        assert address == "" or address.startswith(("https://", "{id}"))
    for address in filter(None, (row.poster, row.info)):  # asked by the server: never at a host from an address
        assert "{" not in address.split("/")[2] or row.hosts


def test_players_are_polite() -> None:
    youtube, vimeo = EXAMPLES["youtube"].player_url, EXAMPLES["vimeo"].player_url
    assert youtube == f"https://www.youtube-nocookie.com/embed/{YOUTUBE_ID}?autoplay=1&rel=0&start=75"
    assert vimeo == "https://player.vimeo.com/video/76979871?h=abcdef1234&autoplay=1&dnt=1#t=75s"
    assert "autoplay=0" in EXAMPLES["bilibili"].player_url
    assert "aid=170001&autoplay=0" in Reference("bilibili", "av170001").player_url
    assert "p2p=0" in EXAMPLES["peertube"].player_url
    assert EXAMPLES["tiktok"].player_url == "https://www.tiktok.com/player/v1/7123456789012345678?autoplay=1"


@pytest.mark.parametrize(
    "reference", [Reference("gone", "1"), Reference(UPLOAD, ""), Reference("youtube", "<b>"), Reference("vimeo", "x")]
)
def test_a_row_that_nobody_can_read_any_more_breaks_nothing(reference: Reference) -> None:
    assert (reference.watch_url, reference.player_url) == ("", "")
    assert reference.provider_name
    assert not reference.is_well_formed


def test_the_settings_can_read_the_table_before_django_runs() -> None:
    for module in (providers, table):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        imported = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not [node for node in imported if "django" in ast.unparse(node)]


# --- Settings ---------------------------------------------------------------------------------------------------------


def test_the_content_policy_is_made_from_the_table() -> None:
    policy = real_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    fixed = [row.frame_origin for row in PROVIDERS.values() if row.frame_origin and not row.hosts]
    assert policy["frame-src"] == ["'self'", *fixed]
    assert policy["media-src"] == ["'self'"]  # nobody elsewhere, by default


def test_hosts_of_the_settings_enter_the_policy() -> None:
    assert {"https://tube.example", "https://video.uni.example"} <= set(providers.frame_origins(HOSTS))
    assert providers.media_origins(HOSTS) == ["https://films.example"]


def test_hosts_are_listed_with_commas() -> None:
    assert environment.host_names("X", " Tube.Example ,video.uni.example,, tube.example") == (
        "tube.example",
        "video.uni.example",
    )
    assert environment.host_names("X", "") == ()


@pytest.mark.parametrize("value", NO_HOSTS)
def test_a_host_is_no_pattern_and_no_address(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PEERTUBE_HOSTS must be names of hosts"):
        environment.host_names("PEERTUBE_HOSTS", value)


# --- The link ---------------------------------------------------------------------------------------------------------


def test_a_video_is_a_link_home_and_loads_nothing() -> None:
    html = embed.facade_attributes(Reference("youtube", YOUTUBE_ID, 90), "Film")
    assert 'href="https://www.youtube.com/watch?v=a-B_c1D2e3F&amp;t=90s"' in html
    assert 'data-player="https://www.youtube-nocookie.com/embed/a-B_c1D2e3F?autoplay=1&amp;rel=0&amp;start=90"' in html
    assert " src=" not in html


def test_a_file_is_played_without_a_frame() -> None:
    html = embed.facade_attributes(EXAMPLES["direct"], "Film")
    assert f'data-file="{FILE}#t=75"' in html
    assert "data-player" not in html


@pytest.mark.parametrize("key", ["peertube", "direct"])
def test_where_the_settings_have_changed_their_mind_only_the_link_is_left(key: str, settings: Settings) -> None:
    settings.PEERTUBE_HOSTS = settings.VIDEO_FILE_HOSTS = ()
    html = embed.facade_attributes(EXAMPLES[key], "Film")
    assert f'href="{EXAMPLES[key].watch_url}"' in html
    assert "data-" not in html


def test_a_title_cannot_leave_its_attribute() -> None:
    attributes = embed.facade_attributes(Reference("youtube", YOUTUBE_ID), '"><script>alert(1)</script>')
    assert "<script" not in attributes
    assert '"&' in attributes

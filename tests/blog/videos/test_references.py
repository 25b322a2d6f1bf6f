"""Addresses of videos are read offline, by one table, and what the settings allow follows from it."""

import ast
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as real_settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from pytest_django import Settings

from blog.videos import embed, providers, references
from blog.videos.references import PROVIDERS, UPLOAD, Reference, parse
from config import environment
from tests.blog.videos.urls import EXAMPLES, FILE, HOSTS, SHORT, TIKTOK, YOUTUBE
from tests.blog.videos.urls import table as table_of

OPERATING = Path(__file__).resolve().parents[3] / "docs" / "operating.md"
NO_HOSTS = ["*", "*.example.org", "localhost", "127.0.0.1", "[::1]", "tube.example:443", "https://tube.example"]
NO_HOSTS += ["a b.example", "tube.example;x", "tube.example/x", "'self'", "-a.example", "a..example", "tübe.example"]
NO_HOSTS += ["a.example\nb.c"]


@pytest.fixture(autouse=True)
def some_hosts(settings: Settings) -> None:
    settings.PEERTUBE_HOSTS, settings.VIDEO_FILE_HOSTS = HOSTS.values()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_hundred_addresses_of_each_provider_are_read_or_refused(provider: str) -> None:
    expected = table_of(provider)
    assert len(expected) >= 100
    assert {address: found for address, wanted in expected.items() if (found := parse(address)) != wanted} == {}


@pytest.mark.parametrize("address", ["", "youtube", "https://", "https://[", "https://example.org/watch?v=a-B_c1D2e3F"])
def test_what_is_no_address_of_any_provider_is_no_video(address: str) -> None:
    assert parse(address) is None


@pytest.mark.parametrize("address", [f"https://tube.example/w/{SHORT}", FILE])
def test_hosts_that_nobody_named_are_no_providers(address: str, settings: Settings) -> None:
    settings.PEERTUBE_HOSTS = settings.VIDEO_FILE_HOSTS = ()
    assert parse(address) is None
    assert "PeerTube" not in references.names()


def test_what_can_be_shown_is_named_in_the_language_of_the_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "gettext", {"direct links to files (MP4, WebM, Ogg)": "Dateien"}.get)
    assert references.names()[-1] == "Dateien"


# --- The table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PROVIDERS)
def test_the_page_of_a_video_leads_back_to_the_same_video(key: str) -> None:
    assert parse(EXAMPLES[key].watch_url) == EXAMPLES[key]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_whatever_is_read_its_page_says_the_same(provider: str) -> None:
    """Else the form of a post would not know its own row again, and ask about it for ever."""
    odd = [f"https://www.tiktok.com/{TIKTOK}?t=90", "https://youtu.be/a-B_c1D2e3F?t=99h999m999999s", f"{FILE}?t=9#t=5"]
    read = [found for address in (*table_of(provider), *odd) if (found := parse(address))]
    assert len(read) > len(odd)
    assert [found for found in read if parse(found.watch_url) != found] == []


def test_no_address_grows_longer_than_its_column() -> None:
    long = f"{FILE}?{'a' * (994 - len(FILE) - 1)}"
    assert parse(f"{long}#t=9")
    assert parse(f"{long}#t=1h") is None


@pytest.mark.parametrize("key", sorted(set(PROVIDERS) - {"tiktok"}))  # whose player does not know the user
def test_the_player_of_a_video_leads_back_to_the_same_video(key: str) -> None:
    found = parse(EXAMPLES[key].player_url)
    assert found
    assert (found.provider, found.id) == (key, EXAMPLES[key].id)


@pytest.mark.parametrize("key", PROVIDERS)
def test_the_player_comes_from_an_origin_that_the_policy_allows_and_from_no_other(key: str) -> None:
    frames, files = references.frame_origins(HOSTS), references.media_origins(HOSTS)
    allowed, other = (files, frames) if EXAMPLES[key].is_file else (frames, files)
    for reference in (EXAMPLES[key], EXAMPLES[key].film):
        player = urlsplit(reference.player_url)
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
    assert youtube == f"https://www.youtube-nocookie.com/embed/{YOUTUBE}?autoplay=1&rel=0&start=75"
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
    for module in (references, providers):
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
    assert {"https://tube.example", "https://video.uni.example"} <= set(references.frame_origins(HOSTS))
    assert references.media_origins(HOSTS) == ["https://films.example"]


def test_hosts_are_listed_with_commas() -> None:
    assert environment.host_names("X", " Tube.Example ,video.uni.example,, tube.example") == (
        "tube.example",
        "video.uni.example",
    )
    assert environment.host_names("X", "") == ()


@pytest.mark.parametrize("value", NO_HOSTS)
def test_a_host_is_no_pattern_and_no_address(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PEERTUBE_HOSTS must list host names"):
        environment.host_names("PEERTUBE_HOSTS", value)


# --- The link ---------------------------------------------------------------------------------------------------------


def test_a_video_is_a_link_home_and_loads_nothing() -> None:
    html = embed.facade_attributes(Reference("youtube", YOUTUBE, 90), "Film")
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


def test_the_host_is_told_what_goes_out_from_the_server() -> None:
    """Of each provider that is asked, docs/operating.md names every host."""
    section = OPERATING.read_text(encoding="utf-8").partition("## Requests to other hosts")[2].partition("\n## ")[0]
    for row in PROVIDERS.values():
        if row.info:
            (line,) = [line for line in section.splitlines() if line.startswith(f"| {row.name} |")]
            asked = {urlsplit(address).netloc for address in (row.info, row.poster) if address} | {*row.picture_hosts}
            named = set(re.findall("`([^`]+)`", line.replace("PEERTUBE_HOSTS", "{host}")))
            assert named == {host.removeprefix(".") for host in asked}


def test_a_title_cannot_leave_its_attribute() -> None:
    attributes = embed.facade_attributes(Reference("youtube", YOUTUBE), '"><script>alert(1)</script>')
    assert "<script" not in attributes
    assert '"&' in attributes

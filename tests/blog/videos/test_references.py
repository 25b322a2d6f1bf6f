"""URLs of videos are parsed offline from the table of providers, and the Content-Security-Policy follows from it."""

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
from tests.blog.videos.examples import ANSWERS, EXAMPLES, FILE, HOSTS, REFERENCES, SHORT, TIKTOK, YOUTUBE
from tests.blog.videos.urls import expected_references
from tests.core.fetching.other_servers import NAMES

OPERATING = Path(__file__).resolve().parents[3] / "docs" / "operating.md"
INVALID_HOSTS = ["*", "*.example.org", "localhost", "127.0.0.1", "[::1]", "tube.example:443", "https://tube.example"]
INVALID_HOSTS += ["a b.example", "tube.example;x", "tube.example/x", "'self'", "-a.example", "a..example"]
INVALID_HOSTS += ["tübe.example", "a.example\nb.c"]


@pytest.fixture(autouse=True)
def allowed_hosts(settings: Settings) -> None:
    for setting, hosts in HOSTS.items():
        setattr(settings, setting, hosts)


@pytest.mark.parametrize("key", PROVIDERS)
def test_a_hundred_urls_of_each_provider_are_parsed_or_refused(key: str) -> None:
    expected = expected_references(key)
    assert len(expected) >= 100
    parsed = {url: parse(url) for url in expected}
    assert {url: reference for url, reference in parsed.items() if reference != expected[url]} == {}


@pytest.mark.parametrize("url", ["", "youtube", "https://", "https://[", "https://example.org/watch?v=a-B_c1D2e3F"])
def test_a_url_of_no_provider_is_not_parsed(url: str) -> None:
    assert parse(url) is None


@pytest.mark.parametrize("url", [f"https://tube.example/w/{SHORT}", FILE])
def test_hosts_that_the_settings_do_not_list_are_no_providers(url: str, settings: Settings) -> None:
    settings.PEERTUBE_HOSTS = settings.VIDEO_FILE_HOSTS = ()
    assert parse(url) is None
    assert "PeerTube" not in references.provider_names()


def test_provider_names_are_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "gettext", {"direct links to files (MP4, WebM, Ogg)": "Dateien"}.get)
    assert references.provider_names()[-1] == "Dateien"


# --- The table --------------------------------------------------------------------------------------------------------


def test_every_provider_has_examples() -> None:
    """An entry in `examples.py`, with an answer if the row has a URL to ask at, and hosts if a setting lists them."""
    assert EXAMPLES.keys() == PROVIDERS.keys()
    assert ANSWERS.keys() == {key for key, row in PROVIDERS.items() if row.info_url}
    assert HOSTS.keys() == {row.hosts_setting for row in PROVIDERS.values() if row.hosts_setting}
    for key, examples in EXAMPLES.items():
        assert examples.reference.provider == key
        assert examples.ids
        assert examples.more
        assert examples.no_videos


def test_the_test_server_has_a_certificate_for_every_host_that_is_asked() -> None:
    hosts = {url.partition("/")[0] for answer in ANSWERS.values() for url in (answer.info_url, answer.picture_url)}
    assert hosts - {*NAMES} == set()


@pytest.mark.parametrize("key", PROVIDERS)
def test_a_watch_url_is_parsed_to_the_same_video(key: str) -> None:
    assert parse(REFERENCES[key].watch_url) == REFERENCES[key]


@pytest.mark.parametrize("key", PROVIDERS)
def test_every_parsed_reference_has_a_watch_url_that_is_parsed_to_the_same(key: str) -> None:
    """Otherwise the form of a post would not recognise its own row, and ask the provider again at each save."""
    odd = [f"https://www.tiktok.com/{TIKTOK}?t=90", "https://youtu.be/a-B_c1D2e3F?t=99h999m999999s", f"{FILE}?t=9#t=5"]
    parsed = [reference for url in (*expected_references(key), *odd) if (reference := parse(url))]
    assert len(parsed) > len(odd)
    assert [reference for reference in parsed if parse(reference.watch_url) != reference] == []


def test_no_url_outgrows_its_column() -> None:
    long = f"{FILE}?{'a' * (994 - len(FILE) - 1)}"
    assert parse(f"{long}#t=9")
    assert parse(f"{long}#t=1h") is None


@pytest.mark.parametrize("key", sorted(set(PROVIDERS) - {"tiktok"}))  # its player URL does not contain the user
def test_a_player_url_is_parsed_to_the_same_video(key: str) -> None:
    parsed = parse(REFERENCES[key].player_url)
    assert parsed
    assert (parsed.provider, parsed.id) == (key, REFERENCES[key].id)


@pytest.mark.parametrize("key", PROVIDERS)
def test_the_origin_of_the_player_is_allowed_where_it_is_needed_and_not_elsewhere(key: str) -> None:
    frames, files = references.frame_origins(HOSTS), references.media_origins(HOSTS)
    allowed, other = (files, frames) if REFERENCES[key].is_file else (frames, files)
    for reference in (REFERENCES[key], REFERENCES[key].without_start):
        player = urlsplit(reference.player_url)
        assert f"{player.scheme}://{player.netloc}" in allowed
        assert f"{player.scheme}://{player.netloc}" not in other


@pytest.mark.parametrize("key", PROVIDERS)
def test_a_row_is_complete(key: str) -> None:
    row = PROVIDERS[key]
    assert row.key == key
    assert re.fullmatch("[a-z]+", key)  # as the placeholders in rendered texts require
    assert REFERENCES[key].is_well_formed
    assert bool(row.frame_origin) != bool(row.media_origin)
    assert bool(row.info_url) == bool(row.read_answer)
    assert row.aspect in ("16/9", "9/16")
    for url in (*row.watch_urls, *row.player_urls, row.poster_url, row.info_url):
        assert url == "" or url.startswith(("https://", "{id}"))
    for url in filter(None, (row.poster_url, row.info_url)):  # the server requests them: the id must not name the host
        assert "{" not in url.split("/")[2] or row.hosts_setting


def test_players_are_privacy_friendly() -> None:
    youtube, vimeo = REFERENCES["youtube"].player_url, REFERENCES["vimeo"].player_url
    assert youtube == f"https://www.youtube-nocookie.com/embed/{YOUTUBE}?autoplay=1&rel=0&start=75"
    assert vimeo == "https://player.vimeo.com/video/76979871?h=abcdef1234&autoplay=1&dnt=1#t=75s"
    assert "autoplay=0" in REFERENCES["bilibili"].player_url
    assert "aid=170001&autoplay=0" in Reference("bilibili", "av170001").player_url
    assert "p2p=0" in REFERENCES["peertube"].player_url
    assert REFERENCES["tiktok"].player_url == "https://www.tiktok.com/player/v1/7123456789012345678?autoplay=1"


@pytest.mark.parametrize(
    "reference", [Reference("gone", "1"), Reference(UPLOAD, ""), Reference("youtube", "<b>"), Reference("vimeo", "x")]
)
def test_a_reference_that_is_no_longer_understood_has_no_urls(reference: Reference) -> None:
    assert (reference.watch_url, reference.player_url) == ("", "")
    assert reference.provider_name
    assert not reference.is_well_formed


def test_the_settings_can_import_the_table_before_django_is_set_up() -> None:
    for module in (references, providers):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        imported = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not [line for line in imported if "django" in line]
        assert {line.split()[1] for line in imported if "blog" in line} <= {"blog.videos.providers"}


# --- Settings ---------------------------------------------------------------------------------------------------------


def test_the_content_security_policy_is_built_from_the_table() -> None:
    policy = real_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    fixed = [row.frame_origin for row in PROVIDERS.values() if row.frame_origin and not row.hosts_setting]
    assert policy["frame-src"] == ["'self'", *fixed]
    assert policy["media-src"] == ["'self'"]  # no other host by default


def test_hosts_in_the_settings_enter_the_policy() -> None:
    assert {"https://tube.example", "https://video.uni.example"} <= set(references.frame_origins(HOSTS))
    assert references.media_origins(HOSTS) == ["https://films.example"]


def test_hosts_are_separated_by_commas() -> None:
    assert environment.host_names("X", " Tube.Example ,video.uni.example,, tube.example") == (
        "tube.example",
        "video.uni.example",
    )
    assert environment.host_names("X", "") == ()


@pytest.mark.parametrize("value", INVALID_HOSTS)
def test_a_pattern_or_a_url_is_not_accepted_as_a_host(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PEERTUBE_HOSTS must list host names"):
        environment.host_names("PEERTUBE_HOSTS", value)


# --- The facade -------------------------------------------------------------------------------------------------------


def test_a_facade_is_a_link_to_the_provider_and_loads_nothing() -> None:
    html = embed.facade_attributes(Reference("youtube", YOUTUBE, 90), "Film")
    assert 'href="https://www.youtube.com/watch?v=a-B_c1D2e3F&amp;t=90s"' in html
    assert 'data-player="https://www.youtube-nocookie.com/embed/a-B_c1D2e3F?autoplay=1&amp;rel=0&amp;start=90"' in html
    assert " src=" not in html


def test_a_file_is_played_without_a_frame() -> None:
    html = embed.facade_attributes(REFERENCES["direct"], "Film")
    assert f'data-file="{FILE}#t=75"' in html
    assert "data-player" not in html


@pytest.mark.parametrize("key", ["peertube", "direct"])
def test_a_host_that_is_no_longer_listed_leaves_only_a_link(key: str, settings: Settings) -> None:
    settings.PEERTUBE_HOSTS = settings.VIDEO_FILE_HOSTS = ()
    html = embed.facade_attributes(REFERENCES[key], "Film")
    assert f'href="{REFERENCES[key].watch_url}"' in html
    assert "data-" not in html


def test_the_operating_manual_lists_every_host_that_the_server_asks() -> None:
    section = OPERATING.read_text(encoding="utf-8").partition("## Requests to other hosts")[2].partition("\n## ")[0]
    for row in PROVIDERS.values():
        if row.info_url:
            (line,) = [line for line in section.splitlines() if line.startswith(f"| {row.name} |")]
            urls = [url for url in (row.info_url, row.poster_url) if url]
            hosts = {*(urlsplit(url).netloc for url in urls), *row.picture_hosts}
            listed = set(re.findall("`([^`]+)`", line.replace("PEERTUBE_HOSTS", "{host}")))
            assert listed == {host.removeprefix(".") for host in hosts}


def test_a_title_cannot_break_out_of_its_attribute() -> None:
    attributes = embed.facade_attributes(Reference("youtube", YOUTUBE), '"><script>alert(1)</script>')
    assert "<script" not in attributes
    assert '"&' in attributes

"""Fixtures of all tests: people, posts, and isolation from files, caches and networks."""

import gc
import re
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import caches
from django.db import connection
from django.test import Client
from pytest_django import Settings

from blog.models import Blog, Credit, Person, Post, Repost
from blog.permissions import steps
from blog.publishing import saving
from core import clock
from core.privacy import networks
from tests.browser.chromium import find_browser
from tests.core.fetching.other_servers import OPENSSL, Authority, FarAway

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
GUEST_WORDS = "A **camera** that never was there cannot lie about where it stood."
GUEST_MARK = "camera"  # occurs in the guest's words and nowhere else

MakePost = Callable[..., Post]
MakeRepost = Callable[..., Post]


def pytest_addoption(parser: pytest.Parser) -> None:
    help = "run only tests whose result may depend on the database, for a second run on another one"
    parser.addoption("--only-database", action="store_true", help=help)
    help = "run only tests that need no database, browser or other server, for a quick run on another version of Python"
    parser.addoption("--without-database", action="store_true", help=help)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--only-database"):
        select(config, items, uses_database)
    if config.getoption("--without-database"):
        select(config, items, lambda item: not (uses_database(item) or {"browser", "scale"} & set(item.path.parts)))


def select(config: pytest.Config, items: list[pytest.Item], is_wanted: Callable[[pytest.Item], bool]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if not is_wanted(item)])
    items[:] = [item for item in items if is_wanted(item)]


def pytest_collection_finish() -> None:
    """Exclude everything that exists before the first test from garbage collection, which then does less work."""
    gc.collect()
    gc.freeze()


def uses_database(item: pytest.Item) -> bool:
    """Whether a test uses the database, itself or through a site that it starts.

    Browser tests are not included: what a browser shows comes from the same responses.
    """
    if item.path.name == "test_serve.py":
        return True
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return bool({"db", "transactional_db"} & {*fixtures}) or item.get_closest_marker("django_db") is not None


def pytest_report_header() -> list[str]:
    """The database of this run, and whether browser tests run."""
    browser = find_browser() or "none found, so tests/browser is skipped (install chromium)"
    return [f"database: {connection.display_name}", f"browser: {browser}"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Use SQLite in a file, as on a real site. In memory, two threads would share one cache and never wait."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def temporary_folders(settings: Settings, tmp_path: Path) -> None:
    """Keep tests away from the data of a real site, and free of collected static files."""
    settings.DATA = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "incoming"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def empty_caches() -> None:
    """Clear the caches of the process, so that no test sees what another has stored.

    The keys of cached fragments do not include settings.
    """
    caches["template_fragments"].clear()
    networks.clear_cached_secrets()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Refuse connections to other machines, and let no worker fetch video metadata unless a test enables it."""
    settings.VIDEO_FETCH = False
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    def resolved_here(host: Any, *rest: Any, **options: Any) -> Any:
        """Return no IPs, so that libcurl, which connects by itself, reaches nobody."""
        name = host.decode() if isinstance(host, bytes) else host or ""
        if not re.fullmatch(r"(.*\.)?localhost|[0-9a-fx.:]*", name):
            raise AssertionError(f"a test tried to resolve {host}")
        return resolve(host, *rest, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", resolved_here)


@pytest.fixture
def noon() -> Iterator[datetime]:
    """Stop the clock at noon on 20 November 2026 (UTC)."""
    with clock.standing_at(NOON):
        yield NOON


@pytest.fixture
def blog(db: None) -> Blog:
    blog = Blog.load()
    blog.title = "Marginalia"
    blog.save()
    return blog


@pytest.fixture
def host(db: None) -> Person:
    """The host of the blog: a superuser with a byline."""
    user = User.objects.create_superuser("host", "host@example.org", "correct horse")
    return Person.objects.create(name="Eldon Host", slug="eldon-host", user=user)


@pytest.fixture
def moderator(db: None) -> User:
    """A staff user who may moderate comments and nothing else."""
    user = User.objects.create_user("moderator", "moderator@example.org", "battery staple", is_staff=True)
    user.user_permissions.add(
        *Permission.objects.filter(content_type__app_label="comments", codename__in=("view_comment", "change_comment"))
    )
    return user


@pytest.fixture
def original_author(db: None) -> Person:
    """The author of the reposted words, who has no account."""
    return Person.objects.create(
        name="Ada Colleague", slug="ada-colleague", url="https://ada.example/", contact_email="ada@private.example"
    )


@pytest.fixture
def make_post(blog: Blog, host: Person) -> MakePost:
    """Return a function that makes a public post by the host, a day old. Keywords override its fields."""

    def make(slug: str = "own-post", **fields: Any) -> Post:
        fields = {
            "title": slug.replace("-", " ").title(),
            "author": host,
            "body": "The host's own words.",
            "status": Post.Status.PUBLISHED,
            "published_at": clock.now() - timedelta(days=1),
        } | fields
        return Post.objects.create(slug=slug, **fields)

    return make


@pytest.fixture
def make_repost(make_post: MakePost, original_author: Person) -> MakeRepost:
    """Return a function that makes a public post with a repost whose permission the host has stated.

    Keywords override the fields of the repost.
    """

    def make(slug: str = "permitted-repost", *, stated: bool = True, **fields: Any) -> Post:
        post = make_post(slug, status=Post.Status.DRAFT, published_at=None, introduction="A colleague writes:")
        Credit.objects.create(post=post, person=original_author)
        fields = {
            "text": GUEST_WORDS,
            "basis": Repost.Basis.PERMISSION,
            "note": "With her permission I repost here.",
            "source_title": "Where it stood",
            "source_url": "https://ada.example/where-it-stood",
        } | fields
        Repost.objects.create(post=post, **fields)
        if stated:
            saving.publish_post(post, by="Eldon Host", at=clock.now() - timedelta(days=1))
        return Post.objects.for_page().get(pk=post.pk)

    return make


@pytest.fixture
def own_post(make_post: MakePost) -> Post:
    return make_post()


@pytest.fixture
def permitted_repost(make_repost: MakeRepost) -> Post:
    return make_repost()


@pytest.fixture
def unpermitted_repost(make_repost: MakeRepost) -> Post:
    """A post that is published although nobody stated a permission: its words must be shown nowhere."""
    post = make_repost("unpermitted-repost", stated=False)
    Post.objects.filter(pk=post.pk).update(status="published", published_at=clock.now() - timedelta(days=1))
    return Post.objects.for_page().get(pk=post.pk)


@pytest.fixture
def withdrawn_repost(make_repost: MakeRepost) -> Post:
    """A public post whose reposted words were withdrawn by the host."""
    post = make_repost("withdrawn-repost")
    steps.withdraw(post.repost, by="Eldon Host", note="The author asked for it.")
    return Post.objects.for_page().get(pk=post.pk)


@pytest.fixture
def desk(client: Client, host: Person) -> Client:
    """A browser in which the host is signed in."""
    assert host.user
    client.force_login(host.user)
    return client


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if not OPENSSL:
        pytest.skip("there is no openssl to make certificates with")
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def far_away(authority: Authority) -> Iterator[FarAway]:
    """A server that plays all video providers."""
    server = FarAway(authority)
    yield server
    server.stop()

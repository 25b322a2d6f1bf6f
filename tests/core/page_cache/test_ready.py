"""Responses that are kept ready between two polls: each for identical requests, and for no others."""

import pytest

from blog.models import Post
from core.page_cache import layer
from core.page_cache.layer import MAX_READY, MAX_URL_LENGTH
from tests.comments.conftest import Say
from tests.conftest import MakePost
from tests.core.page_cache.conftest import Response, Site


def twice(site: Site, path: str, method: str = "GET", **environ: str) -> Response:
    """What a request is answered whose answer lies ready."""
    first, second = site.ask(path, method, **environ), site.ask(path, method, **environ)
    assert first == second
    return second


def test_what_lies_ready_is_what_was_given(site: Site, own_post: Post) -> None:
    address = own_post.get_absolute_url()
    site.ask(address)
    assert twice(site, address).status == 200
    assert len(site.cache._ready) == 1
    assert len(site.made) == 1


@pytest.mark.parametrize(
    ("method", "environ", "status"),
    [
        ("HEAD", {}, 200),
        ("GET", {"HTTP_HOST": "localhost:8000"}, 200),
        ("GET", {"HTTP_HOST": "elsewhere.example"}, 400),
        ("GET", {"QUERY_STRING": "before=nothing"}, 404),
        ("GET", {"HTTP_ACCEPT_ENCODING": "gzip"}, 200),
        ("GET", {"HTTP_IF_NONE_MATCH": "*"}, 304),
        ("GET", {"wsgi.url_scheme": "https"}, 200),
        ("GET", {"PATH_INFO": "/feeds/posts.atom"}, 200),
    ],
)
def test_who_says_something_else_gets_what_they_would_have_got(
    site: Site, own_post: Post, method: str, environ: dict[str, str], status: int
) -> None:
    alone = Site().ask("/", method, **environ)
    assert alone.status == status
    twice(site, "/")
    twice(site, "/")
    assert twice(site, "/", method, **environ) == alone


def test_only_so_many_lie_ready(site: Site, own_post: Post) -> None:
    site.ask("/")
    for number in range(2 * MAX_READY):
        site.ask("/", HTTP_ACCEPT_ENCODING=f"x-{number}")
        assert 0 < len(site.cache._ready) <= MAX_READY
    ready = dict(site.cache._ready)
    site.ask("/", HTTP_ACCEPT_ENCODING="x" * MAX_URL_LENGTH)
    assert site.cache._ready == ready


def test_only_so_many_bytes_lie_ready(site: Site, make_post: MakePost, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [make_post(f"number-{number}").get_absolute_url() for number in range(20)]
    size = len(site.ask(addresses[0]).body)
    monkeypatch.setattr(layer, "MAX_READY_BYTES", 9 * size)
    for address in addresses:
        site.ask(address)
        assert 0 < sum(len(ready.body) for ready in site.cache._ready.values()) <= 9 * size
    monkeypatch.setattr(layer, "MAX_READY_BYTES", 7 * size)
    ready = dict(site.cache._ready)
    site.ask(addresses[0], HTTP_ACCEPT_ENCODING="x-large")  # one that would take more than an eighth
    assert site.cache._ready == ready


def test_a_young_page_does_not_lie_ready(site: Site, own_post: Post, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    address = own_post.get_absolute_url()
    site.ask(address)
    say("New.")
    monkeypatch.setattr(layer, "MAX_LAG_SECONDS", 60.0)
    assert "New." not in site.read(address)
    monkeypatch.setattr(layer, "MAX_LAG_SECONDS", 0.0)
    assert "New." in site.ask(address).text  # although there was no poll since


def test_a_look_throws_away_what_lay_ready(site: Site, make_post: MakePost) -> None:
    first, second = make_post("first").get_absolute_url(), make_post("second").get_absolute_url()
    for address in (first, first, second, second):
        site.ask(address)
    assert len(site.cache._ready) == 2
    site.read(first)
    assert [ready.key[2] for ready in site.cache._ready.values()] == [first]

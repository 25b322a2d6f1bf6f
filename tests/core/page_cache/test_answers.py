"""What a browser and a proxy get from the cache, and what it stores."""

import gzip
import re
import tracemalloc
from datetime import timedelta
from typing import Any

import brotli
import pytest
from django.contrib.auth.models import User
from django.test import Client

from blog.models import Person, Post
from blog.publishing import lifecycle
from core import clock
from core.page_cache.layer import anonymous_request, key_of
from core.page_cache.pages import Page, PageStore, best_encoding
from tests.comments.conftest import Say
from tests.conftest import MakePost
from tests.core.page_cache.conftest import HOST, Site

UNPACK = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}


def test_a_page_is_made_once(site: Site, own_post: Post) -> None:
    path = own_post.get_absolute_url()
    first, second = site.ask(path), site.ask(path)
    assert first == second
    assert first.status == 200
    assert "The host's own words." in first.text
    assert site.made == [path]


@pytest.mark.parametrize("encoding", UNPACK)
def test_each_encoding_has_the_same_content_and_its_own_etag(site: Site, own_post: Post, encoding: str) -> None:
    path = own_post.get_absolute_url()
    plain = site.ask(path)
    packed = site.ask(path, HTTP_ACCEPT_ENCODING=encoding)
    assert UNPACK[encoding](packed.body) == plain.body
    assert packed.headers.get("content-encoding", "") == encoding
    assert packed.headers["content-length"] == str(len(packed.body))
    assert packed.headers["vary"] == "Accept-Encoding"
    assert (packed.headers["etag"] == plain.headers["etag"]) == (encoding == "")
    assert len(site.made) == 1


@pytest.mark.parametrize(
    ("accepted", "best"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("GZIP ; Q=1", "gzip"),
        ("*", "br"),
        ("*;q=0", ""),
        ("identity", ""),
        ("", ""),
        ("br;q=nonsense", ""),
        ("gzip;q=0.000, *", "br"),
        (",,;;=", ""),
    ],
)
def test_the_best_accepted_encoding_is_sent(accepted: str, best: str) -> None:
    assert best_encoding(accepted) == best


@pytest.mark.parametrize("copy", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
def test_a_client_that_has_the_page_gets_a_304(site: Site, own_post: Post, copy: str) -> None:
    path = own_post.get_absolute_url()
    for encoding in UNPACK:
        had = site.ask(path, HTTP_ACCEPT_ENCODING=encoding)
        tag = copy.format(tag=had.headers["etag"])
        again = site.ask(path, HTTP_ACCEPT_ENCODING=encoding, HTTP_IF_NONE_MATCH=tag)
        assert (again.status, again.body) == (304, b"")
        for name in ("etag", "cache-control", "vary"):
            assert again.headers[name] == had.headers[name]
        assert "content-length" not in again.headers


def test_a_client_with_another_etag_gets_the_page(site: Site, own_post: Post) -> None:
    path = own_post.get_absolute_url()
    for tag in ('"other"', "", 'W/"x", "y"', "nonsense"):
        assert site.ask(path, HTTP_IF_NONE_MATCH=tag).status == 200


def test_conditional_requests_do_not_affect_the_stored_page(site: Site, own_post: Post) -> None:
    path = own_post.get_absolute_url()
    tag = site.ask(path).headers["etag"]
    site = Site()
    conditions = {
        "HTTP_IF_NONE_MATCH": tag,
        "HTTP_RANGE": "bytes=0-3",
        "HTTP_IF_MODIFIED_SINCE": "Fri, 01 Jan 2100 00:00:00 GMT",
    }
    assert site.ask(path, **conditions).status == 304
    assert "The host's own words." in site.ask(path).text
    site = Site()
    assert site.ask(path, HTTP_IF_NONE_MATCH="*").status == 304
    assert site.ask(path).status == 200
    assert site.made == [path]


def test_django_gets_only_what_the_url_says() -> None:
    key = key_of("http", HOST, "/", "utm_source=x&before=3&before=4")
    assert key
    environ = {
        "REQUEST_METHOD": "HEAD",
        "QUERY_STRING": "utm_source=x&before=3&before=4",
        "HTTP_COOKIE": "a=b",
        "HTTP_RANGE": "bytes=0-1",
    }
    assert anonymous_request(environ, key) == {"REQUEST_METHOD": "GET", "QUERY_STRING": "before=4"}


def test_head_is_get_without_the_body(site: Site, own_post: Post) -> None:
    path = own_post.get_absolute_url()
    head, get = site.ask(path, "HEAD"), site.ask(path)
    assert (head.headers, head.body, len(site.made)) == (get.headers, b"", 1)
    missing = site.ask("/2026/11/no-such-post/", "HEAD")
    assert (missing.status, missing.body) == (404, b"")


@pytest.mark.parametrize("query", ["utm_source=x", "fbclid=1&gclid=2", "after", "before=1", "x=%FF&=&&", "after=&a=b"])
def test_unknown_parameters_make_no_new_page(site: Site, own_post: Post, query: str) -> None:
    path = own_post.get_absolute_url()
    plain = site.ask(path)
    response = site.ask(f"{path}?{query}")
    assert response.status == 200
    if "after" not in query:
        assert site.made == [path]
        assert response == plain


def test_known_parameters_make_pages_of_their_own(site: Site, make_post: MakePost) -> None:
    posts = [make_post(f"post-{number}") for number in range(3)]
    cursor = posts[2].pk
    first = site.ask("/")
    older = site.ask(f"/?before={cursor}")
    assert first.body != older.body
    assert site.ask(f"/?before=7&x=1&before={cursor}") == older, "the last of several values counts, as for Django"
    assert len(site.made) == 2


def test_an_invalid_query_is_left_to_django(site: Site, own_post: Post) -> None:
    assert site.ask("/", QUERY_STRING="&".join("before=1" for _ in range(20_000))).status == 400
    assert site.ask("/").status == 200


def test_only_pages_of_allowed_hosts_are_cached(site: Site, own_post: Post) -> None:
    for host in ("evil.example", "evil.example:80", "", "a b", "[::1", "127.0.0.1:8000@evil.example"):
        assert site.ask("/", HTTP_HOST=host).status == 400
    made = len(site.made)
    for port in (1, 2, 3):
        assert site.ask("/", HTTP_HOST=f"127.0.0.1:{port}").status == 200
    assert len(site.made) == made + 1, "a client may invent any port"


def test_cookies_are_neither_read_nor_set(site: Site, own_post: Post, host: Person) -> None:
    browser = Client()
    browser.force_login(User.objects.get())
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    signed_in = site.ask(own_post.get_absolute_url(), HTTP_COOKIE=cookies)
    assert signed_in == site.ask(own_post.get_absolute_url())
    assert "set-cookie" not in signed_in.headers


def test_other_pages_are_made_each_time(site: Site, own_post: Post, say: Say) -> None:
    comment = say()
    gone = Post.objects.create(slug="gone", title="Gone", author=own_post.author, body="x")
    lifecycle.publish(gone, at=clock.now() - timedelta(days=1))
    lifecycle.withdraw(gone)
    for path in (
        "/search/?q=own",
        "/2026/11/no-such-post/",
        gone.get_absolute_url(),
        f"/2001/01/{own_post.slug}/",
        f"/comments/new/{own_post.pk}/",
        f"{comment.get_absolute_url()}mine/",
        "/admin/",
        "/healthz",
        "/nothing/of/the/kind",
    ):
        made = len(site.made)
        site.ask(path)
        site.ask(path)
        assert len(site.made) == made + 2, path


def test_invented_urls_do_not_fill_the_memory(site: Site, own_post: Post) -> None:
    key_of.cache_clear()
    assert site.ask(f"/?{'x' * 2_000}").status == 200
    assert key_of.cache_info().currsize == 0


def test_invented_headers_do_not_fill_the_memory(transactional_db: None, settings: Any, own_post: Post) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    site, long = Site(), "x" * 100_000
    site.ask("/", HTTP_ACCEPT_ENCODING=long)  # so that what the first pages load is not counted
    site.ask("/", HTTP_X_FORWARDED_PROTO=long)
    tracemalloc.start()
    try:
        for number in range(20):
            invented = f"{number}{long}"
            site.ask("/", HTTP_ACCEPT_ENCODING=invented)
            site.ask("/", HTTP_X_FORWARDED_PROTO=invented)
        allocated, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert allocated < 10 * len(long)


def test_the_store_has_a_limit(transactional_db: None, make_post: MakePost) -> None:
    posts = [make_post(f"post-{number}", body="word " * 500) for number in range(12)]
    site = Site(max_bytes=100_000)
    for post in posts:
        site.ask(post.get_absolute_url())
    assert not site.makes(posts[-1].get_absolute_url())
    assert site.makes(posts[0].get_absolute_url()), "the page that was unused for longest was evicted"


def test_a_page_that_would_fill_the_store_is_not_stored() -> None:
    pages = PageStore(max_bytes=10_000)
    pages.put("large", Page([], b"x" * 9_000, frozenset(), 1))
    pages.put("small", Page([], b"x", frozenset(), 1))
    assert pages.get("large") is None
    assert pages.get("small")


def test_a_page_does_not_replace_one_that_was_begun_later() -> None:
    pages = PageStore(max_bytes=100_000)
    later = Page([], b"later", frozenset(), 2)
    pages.put("page", later)
    pages.put("page", Page([], b"earlier", frozenset(), 1))
    assert pages.get("page") is later


def test_s_maxage_ends_before_the_clock_changes_a_page(site: Site, make_post: MakePost) -> None:
    own = make_post()
    assert "s-maxage=10," in site.ask("/").headers["cache-control"]
    make_post("soon", published_at=clock.now() + timedelta(seconds=5))
    site.cache.freshness.poll_soon()
    seconds = re.search(r"s-maxage=(\d+)", site.ask(own.get_absolute_url()).headers["cache-control"])
    assert seconds
    assert int(seconds[1]) <= 4


def test_zero_bytes_store_no_pages(own_post: Post, transactional_db: None) -> None:
    site = Site(max_bytes=0)
    assert [site.ask("/").status, site.ask("/").status] == [200, 200]
    assert site.made == ["/", "/"]

"""Reading in a browser: lists, archives, permalinks, headers, and how many queries they cost."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from blog.models import Blog, Credit, Person, Post, Tag
from blog.publishing import lifecycle
from blog.reading import search
from tests.conftest import MakePost, MakeRepost

PUBLIC = [
    "/",
    "/2026/",
    "/2026/11/",
    "/2026/11/permitted-repost/",
    "/tags/images/",
    "/people/ada-colleague/",
    "/search/?q=camera",
    "/feeds/posts.atom",
    "/feeds/posts.json",
    "/tags/images/feed.atom",
    "/permissions/",
    "/2026/11/permitted-repost/cite.bib",
    "/2026/11/permitted-repost/cite.ris",
    "/sitemap.xml",
    "/robots.txt",
]


@pytest.fixture
def site(noon: datetime, make_post: MakePost, make_repost: MakeRepost) -> Post:
    """An own post and a repost under a tag, in November 2026."""
    tag = Tag.objects.create(name="Images", slug="images")
    make_post().tags.add(tag)
    post = make_repost()
    post.tags.add(tag)
    return post


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page_is_the_same_for_everybody(address: str, site: Post, host: Person) -> None:
    stranger, insider = Client(), Client(headers={"accept-language": "de"})
    insider.login(username="host", password="correct horse")
    pages = [client.get(address) for client in (stranger, insider)]
    for page in pages:
        assert page.status_code == 200
        assert not page.cookies
        assert "Cookie" not in page.get("Vary", "")
        assert "Accept-Language" not in page.get("Vary", "")
        assert "Last-Modified" not in page
    assert pages[0].content == pages[1].content


@pytest.mark.parametrize("address", [address for address in PUBLIC if address != "/robots.txt"])
def test_a_shared_cache_may_hold_a_public_page_and_a_browser_always_asks(address: str, site: Post) -> None:
    header = Client().get(address)["Cache-Control"]
    assert header == "public, max-age=0, s-maxage=10, must-revalidate"


@pytest.mark.parametrize("address", [*PUBLIC, "/nowhere/", "/admin/login/"])
def test_every_page_carries_the_security_headers(address: str, site: Post) -> None:
    page = Client().get(address)
    policy = page["Content-Security-Policy"]
    directives = policy.split("; ")  # in any order
    assert "default-src 'none'" in directives
    assert "script-src 'self'" in directives
    assert "style-src 'self'" in directives
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-src 'self' https://www.youtube-nocookie.com" in policy
    assert page["X-Frame-Options"] == "DENY"
    assert page["X-Content-Type-Options"] == "nosniff"
    assert page["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "camera=()" in page["Permissions-Policy"]


@pytest.mark.parametrize("address", PUBLIC)
def test_nothing_public_answers_to_post(address: str, site: Post) -> None:
    assert Client().post(address).status_code == 405
    assert Client().head(address).status_code == 200


@pytest.mark.parametrize("address", PUBLIC)
def test_the_host_that_was_asked_for_is_not_repeated(address: str, site: Post, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page = Client().get(address, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert "evil.example" not in page.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/2026/13/",
        "/2026/00/",
        "/0999/",
        "/9999/",
        "/9999/12/",
        "/2026/11/nothing/",
        "/tags/nothing/",
        "/people/nobody/",
        "/?before=x",
        "/?before=-1",
        "/?before=0",
        "/?before=99999999999999999999999",
        "/?before=1'--",
        "/?before=%00",
        "/%00/",
        "/search/x/",
        "/media/../../etc/passwd",
    ],
)
def test_what_is_not_there_is_a_404_that_nobody_keeps(address: str, site: Post) -> None:
    page = Client().get(address)
    assert page.status_code == 404
    assert page["Cache-Control"] == "max-age=0"


@pytest.mark.parametrize("query", ["", " ", "\0", "%", "_", "'", "a" * 5000, "🎥", "\ud800", "x " * 500])
def test_no_search_is_an_error(query: str, site: Post) -> None:
    assert Client().get("/search/", {"q": query.encode("utf-8", "surrogatepass")}).status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("CAMERA", True),  # in the guest's words
        ("colleague writes", True),  # in the introduction
        ("Ada", True),  # the name of the original author
        ("host's own", True),  # in the body
        ("camera unicorn", False),  # every word must be there
    ],
)
def test_search_looks_into_every_text_that_may_be_shown(query: str, found: bool, site: Post) -> None:
    page = Client().get("/search/", {"q": query}).content.decode()
    assert ("/2026/11/permitted-repost/" in page) == found


def test_who_searches_leaves_threads_to_those_who_read(site: Post) -> None:
    with ExitStack() as others:
        for _ in range(search.AT_ONCE):
            search.places.acquire()
            others.callback(search.places.release)
        page = Client().get("/search/?q=camera")
        assert page.status_code == 503
        assert page["Retry-After"] == "5"
        assert "Please try again in a moment" in page.text
        assert Client().get("/search/").status_code == 200
    assert Client().get("/search/?q=camera").status_code == 200


def test_lists_run_through_all_posts_once_in_pages_by_cursor(
    make_post: MakePost, settings: Settings, noon: datetime
) -> None:
    settings.POSTS_PER_PAGE = 3
    moment = noon - timedelta(days=1)
    made = [make_post(f"post-{n}", published_at=moment - timedelta(hours=n // 2)).get_absolute_url() for n in range(8)]
    address, seen = "/", []
    while address:
        response = Client().get(address)
        seen += [post.get_absolute_url() for post in response.context["posts"]]
        address = response.context["older_url"]
    assert sorted(seen) == sorted(made), "each once"
    dates = {post.get_absolute_url(): post.last_change for post in Post.objects.all()}
    assert [dates[url] for url in seen] == sorted(dates.values(), reverse=True)


def test_an_archive_counts_days_where_the_blog_is(make_post: MakePost) -> None:
    Blog.objects.update(time_zone="Pacific/Auckland")
    make_post("new-year", published_at=datetime(2025, 12, 31, 12, 0, tzinfo=UTC))  # already 2026 in Auckland
    assert "/2026/01/new-year/" in Client().get("/2026/").content.decode()
    assert "/2026/01/new-year/" in Client().get("/2026/01/").content.decode()
    assert "new-year" not in Client().get("/2025/").content.decode()


def test_a_person_page_shows_what_they_wrote_as_host_or_as_guest(site: Post) -> None:
    page = Client().get("/people/ada-colleague/").content.decode()
    assert "/2026/11/permitted-repost/" in page
    assert "/2026/11/own-post/" not in page
    assert "private.example" not in page


@pytest.mark.parametrize("wrong", ["/2025/11/permitted-repost/", "/2026/12/permitted-repost/"])
def test_another_date_leads_to_the_permalink(wrong: str, site: Post) -> None:
    response = Client().get(wrong)
    assert response.status_code == 301
    assert response["Location"] == "/2026/11/permitted-repost/"
    assert "max-age=0" in response["Cache-Control"], "a browser would keep it for ever, though the slug may come back"


@pytest.mark.parametrize("slug", ["über-uns", "反思", "یادداشت"])
def test_a_slug_in_any_script_is_an_address(slug: str, noon: datetime, make_post: MakePost) -> None:
    post = make_post(slug)
    assert Client().get(post.get_absolute_url()).status_code == 200
    assert Client().get(f"/2025/11/{slug}/")["Location"] == post.get_absolute_url()


def test_a_cursor_does_not_tell_that_an_unpublished_post_exists(noon: datetime, make_post: MakePost) -> None:
    scheduled = make_post("scheduled", published_at=noon + timedelta(days=1))
    draft = make_post("draft", status=Post.Status.DRAFT)
    for post in (scheduled, draft):
        assert Client().get(f"/?before={post.pk}").status_code == 404
    withdrawn = make_post("withdrawn", status=Post.Status.WITHDRAWN)
    assert Client().get(f"/?before={withdrawn.pk}").status_code == 200, "a page of a list that somebody kept"


def test_an_old_slug_leads_to_the_permalink_as_long_as_the_post_is_public(site: Post) -> None:
    site.slug = "better-name"
    site.save()
    lifecycle.redirect_old_slug(site, old_slug="permitted-repost")
    response = Client().get("/2026/11/permitted-repost/")
    assert (response.status_code, response["Location"]) == (301, "/2026/11/better-name/")
    Post.objects.update(status="draft")
    assert Client().get("/2026/11/permitted-repost/").status_code == 404


def test_going_back_to_an_earlier_slug_makes_no_circle(site: Post) -> None:
    for slug in ("second", "permitted-repost", "second"):
        old, site.slug = site.slug, slug
        site.save()
        lifecycle.redirect_old_slug(site, old_slug=old)
    assert Client().get("/2026/11/second/").status_code == 200
    assert Client().get("/2026/11/permitted-repost/")["Location"] == "/2026/11/second/"


def test_the_way_to_the_form_needs_the_permission(site: Post, host: Person, client: Client) -> None:
    address = f"{site.get_absolute_url()}edit/"
    assert client.get(address)["Location"].startswith("/admin/login/")
    client.login(username="host", password="correct horse")
    assert client.get(address)["Location"] == f"/admin/blog/post/{site.pk}/change/"


def grow(make_post: MakePost, make_repost: MakeRepost) -> None:
    """More of everything, so that a query per row would show."""
    tag = Tag.objects.get(slug="images")
    for n in range(4):
        make_post(f"more-{n}").tags.add(tag)
        post = make_repost(f"repost-{n}")
        post.tags.add(tag, Tag.objects.create(name=f"Tag {n}", slug=f"tag-{n}"))
        Credit.objects.create(post=post, person=Person.objects.create(name=f"P{n}", slug=f"p{n}"), role="translator")


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        # blog with owner rides along with the posts; credits with people
        ("/", 2),
        ("/search/?q=camera", 3),  # + blog
        ("/2026/11/", 3),  # + blog, whose time zone says when November is
        ("/tags/images/", 3),  # + tag
        ("/people/ada-colleague/", 3),  # + person
        ("/?before={pk}", 3),  # + the post to begin after
        ("/feeds/posts.atom", 2),  # posts; credits and videos
        ("/feeds/posts.json", 2),
        ("/tags/images/feed.atom", 3),
        # post with blog, author, repost and discussion; tags and credits; videos; comments
        ("/2026/11/permitted-repost/", 4),
    ],
)
def test_a_page_costs_the_same_queries_however_much_there_is(
    address: str,
    queries: int,
    site: Post,
    make_post: MakePost,
    make_repost: MakeRepost,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    address = address.format(pk=site.pk)
    with django_assert_num_queries(queries):
        Client().get(address)
    grow(make_post, make_repost)
    with django_assert_num_queries(queries):
        Client().get(address)


def test_lists_read_no_bodies(site: Post, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2) as captured:
        Client().get("/")
    for column in ("introduction", "body", "text"):
        assert not any(f'"{column}"' in query["sql"] or f'"{column}_html"' in query["sql"] for query in captured)

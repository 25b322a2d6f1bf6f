"""Public pages: lists, archives, permalinks, headers, and numbers of queries."""

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
    """A post without and one with a repost, both with the same tag, in November 2026. Returns the second."""
    tag = Tag.objects.create(name="Images", slug="images")
    make_post().tags.add(tag)
    post = make_repost()
    post.tags.add(tag)
    return post


@pytest.mark.parametrize("url", PUBLIC)
def test_a_public_page_is_the_same_for_everybody(url: str, site: Post, host: Person) -> None:
    stranger, insider = Client(), Client(headers={"accept-language": "de"})
    insider.login(username="host", password="correct horse")
    pages = [client.get(url) for client in (stranger, insider)]
    for page in pages:
        assert page.status_code == 200
        assert not page.cookies
        assert "Cookie" not in page.get("Vary", "")
        assert "Accept-Language" not in page.get("Vary", "")
        assert "Last-Modified" not in page
    assert pages[0].content == pages[1].content


@pytest.mark.parametrize("url", [url for url in PUBLIC if url != "/robots.txt"])
def test_shared_caches_may_store_a_public_page_and_browsers_revalidate_it(url: str, site: Post) -> None:
    header = Client().get(url)["Cache-Control"]
    assert header == "public, max-age=0, s-maxage=10, must-revalidate"


@pytest.mark.parametrize("url", [*PUBLIC, "/nowhere/", "/admin/login/"])
def test_every_page_has_the_security_headers(url: str, site: Post) -> None:
    page = Client().get(url)
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


@pytest.mark.parametrize("url", PUBLIC)
def test_no_public_page_accepts_post(url: str, site: Post) -> None:
    assert Client().post(url).status_code == 405
    assert Client().head(url).status_code == 200


@pytest.mark.parametrize("url", PUBLIC)
def test_the_host_header_is_not_reflected(url: str, site: Post, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page = Client().get(url, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert "evil.example" not in page.content.decode()


@pytest.mark.parametrize(
    "url",
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
def test_a_missing_page_is_a_404_that_no_shared_cache_stores(url: str, site: Post) -> None:
    page = Client().get(url)
    assert page.status_code == 404
    assert page["Cache-Control"] == "max-age=0"


@pytest.mark.parametrize("query", ["", " ", "\0", "%", "_", "'", "a" * 5000, "🎥", "\ud800", "x " * 500])
def test_no_query_makes_the_search_fail(query: str, site: Post) -> None:
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
def test_search_covers_every_text_that_may_be_shown(query: str, found: bool, site: Post) -> None:
    page = Client().get("/search/", {"q": query}).content.decode()
    assert ("/2026/11/permitted-repost/" in page) == found


def test_searches_do_not_occupy_all_threads(site: Post) -> None:
    with ExitStack() as others:
        for _ in range(search.MAX_CONCURRENT):
            search.slots.acquire()
            others.callback(search.slots.release)
        page = Client().get("/search/?q=camera")
        assert page.status_code == 503
        assert page["Retry-After"] == "5"
        assert "Please try again in a moment" in page.text
        assert Client().get("/search/").status_code == 200
    assert Client().get("/search/?q=camera").status_code == 200


def test_the_pages_of_a_list_contain_every_post_once(make_post: MakePost, settings: Settings, noon: datetime) -> None:
    settings.POSTS_PER_PAGE = 3
    moment = noon - timedelta(days=1)
    created = [
        make_post(f"post-{n}", published_at=moment - timedelta(hours=n // 2)).get_absolute_url() for n in range(8)
    ]
    url, seen = "/", []
    while url:
        response = Client().get(url)
        seen += [post.get_absolute_url() for post in response.context["posts"]]
        url = response.context["older_url"]
    assert sorted(seen) == sorted(created), "each once"
    dates = {post.get_absolute_url(): post.last_change for post in Post.objects.all()}
    assert [dates[url] for url in seen] == sorted(dates.values(), reverse=True)


def test_an_archive_uses_the_time_zone_of_the_blog(make_post: MakePost) -> None:
    Blog.objects.update(time_zone="Pacific/Auckland")
    make_post("new-year", published_at=datetime(2025, 12, 31, 12, 0, tzinfo=UTC))  # already 2026 in Auckland
    assert "/2026/01/new-year/" in Client().get("/2026/").content.decode()
    assert "/2026/01/new-year/" in Client().get("/2026/01/").content.decode()
    assert "new-year" not in Client().get("/2025/").content.decode()


def test_a_person_page_lists_their_posts_and_reposts(site: Post) -> None:
    page = Client().get("/people/ada-colleague/").content.decode()
    assert "/2026/11/permitted-repost/" in page
    assert "/2026/11/own-post/" not in page
    assert "private.example" not in page


@pytest.mark.parametrize("wrong", ["/2025/11/permitted-repost/", "/2026/12/permitted-repost/"])
def test_another_date_redirects_to_the_permalink(wrong: str, site: Post) -> None:
    response = Client().get(wrong)
    assert response.status_code == 301
    assert response["Location"] == "/2026/11/permitted-repost/"
    assert "max-age=0" in response["Cache-Control"], (
        "a browser would store it indefinitely, although the slug may come back"
    )


@pytest.mark.parametrize("slug", ["über-uns", "反思", "یادداشت"])
def test_a_slug_may_be_in_any_script(slug: str, noon: datetime, make_post: MakePost) -> None:
    post = make_post(slug)
    assert Client().get(post.get_absolute_url()).status_code == 200
    assert Client().get(f"/2025/11/{slug}/")["Location"] == post.get_absolute_url()


def test_a_cursor_does_not_reveal_unpublished_posts(noon: datetime, make_post: MakePost) -> None:
    scheduled = make_post("scheduled", published_at=noon + timedelta(days=1))
    draft = make_post("draft", status=Post.Status.DRAFT)
    for post in (scheduled, draft):
        assert Client().get(f"/?before={post.pk}").status_code == 404
    withdrawn = make_post("withdrawn", status=Post.Status.WITHDRAWN)
    assert Client().get(f"/?before={withdrawn.pk}").status_code == 200, (
        "somebody may have bookmarked this page of the list"
    )


def test_an_old_slug_redirects_while_the_post_is_public(site: Post) -> None:
    site.slug = "better-name"
    site.save()
    lifecycle.redirect_old_slug(site, old_slug="permitted-repost")
    response = Client().get("/2026/11/permitted-repost/")
    assert (response.status_code, response["Location"]) == (301, "/2026/11/better-name/")
    Post.objects.update(status="draft")
    assert Client().get("/2026/11/permitted-repost/").status_code == 404


def test_going_back_to_an_earlier_slug_makes_no_redirect_loop(site: Post) -> None:
    for slug in ("second", "permitted-repost", "second"):
        old, site.slug = site.slug, slug
        site.save()
        lifecycle.redirect_old_slug(site, old_slug=old)
    assert Client().get("/2026/11/second/").status_code == 200
    assert Client().get("/2026/11/permitted-repost/")["Location"] == "/2026/11/second/"


def test_the_edit_link_needs_the_permission(site: Post, host: Person, client: Client) -> None:
    url = f"{site.get_absolute_url()}edit/"
    assert client.get(url)["Location"].startswith("/admin/login/")
    client.login(username="host", password="correct horse")
    assert client.get(url)["Location"] == f"/admin/blog/post/{site.pk}/change/"


def grow(make_post: MakePost, make_repost: MakeRepost) -> None:
    """Add more rows of everything, so that a query per row would be noticed."""
    tag = Tag.objects.get(slug="images")
    for n in range(4):
        make_post(f"more-{n}").tags.add(tag)
        post = make_repost(f"repost-{n}")
        post.tags.add(tag, Tag.objects.create(name=f"Tag {n}", slug=f"tag-{n}"))
        Credit.objects.create(post=post, person=Person.objects.create(name=f"P{n}", slug=f"p{n}"), role="translator")


@pytest.mark.parametrize(
    ("url", "queries"),
    [
        # posts, with the blog and its owner; credits, with people
        ("/", 2),
        ("/search/?q=camera", 3),  # + blog
        ("/2026/11/", 3),  # + blog, for its time zone
        ("/tags/images/", 3),  # + tag
        ("/people/ada-colleague/", 3),  # + person
        ("/?before={pk}", 3),  # + the post of the cursor
        ("/feeds/posts.atom", 3),  # posts; credits; videos
        ("/feeds/posts.json", 3),
        ("/tags/images/feed.atom", 4),  # + tag
        # post, with blog, author, repost and discussion; tags; credits; videos; comments
        ("/2026/11/permitted-repost/", 5),
    ],
)
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    url: str,
    queries: int,
    site: Post,
    make_post: MakePost,
    make_repost: MakeRepost,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    url = url.format(pk=site.pk)
    with django_assert_num_queries(queries):
        Client().get(url)
    grow(make_post, make_repost)
    with django_assert_num_queries(queries):
        Client().get(url)


def test_lists_load_no_texts(site: Post, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2) as captured:
        Client().get("/")
    for column in ("introduction", "body", "text"):
        assert not any(f'"{column}"' in query["sql"] or f'"{column}_html"' in query["sql"] for query in captured)

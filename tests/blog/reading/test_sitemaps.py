"""The sitemap: public posts that may be indexed, in one file or in one file per month."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from blog.models import Blog, Post
from blog.permissions import steps
from blog.reading import sitemaps
from tests.conftest import MakePost, MakeRepost

SITE = "http://127.0.0.1:8000"


def listed_urls(client: Client, url: str = "/sitemap.xml") -> list[str]:
    response = client.get(url)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml"
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=10, must-revalidate"
    return re.findall(r"<loc>([^<]+)</loc>", response.content.decode())


def test_only_public_posts_are_listed(client: Client, make_post: MakePost, make_repost: MakeRepost) -> None:
    public = [make_post("one"), make_repost("two"), make_post("третий")]
    make_post("hidden", search_policy=Post.SearchPolicy.NOINDEX)
    make_post("draft", status=Post.Status.DRAFT)
    make_post("later", published_at=datetime(2099, 1, 1, tzinfo=UTC))
    assert sorted(listed_urls(client)) == sorted(post.permalink for post in public)


def test_an_empty_blog_has_an_empty_sitemap(client: Client, blog: Blog) -> None:
    assert listed_urls(client) == []


def test_lastmod_is_the_day_of_the_last_change(client: Client, make_repost: MakeRepost, noon: datetime) -> None:
    post = make_repost()
    Post.objects.update(published_at=datetime(2026, 1, 2, tzinfo=UTC))
    assert f"<lastmod>{noon:%Y-%m-%d}</lastmod>" in client.get("/sitemap.xml").content.decode()
    steps.withdraw(post.repost, by="Eldon Host")
    assert f"<lastmod>{noon:%Y-%m-%d}</lastmod>" in client.get("/sitemap.xml").content.decode()


def test_many_posts_are_split_by_month(client: Client, make_post: MakePost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "SINGLE_FILE_LIMIT", 2)
    moments = [
        "2024-12-31T23:30:00+00:00",
        "2025-01-01T00:00:00+00:00",
        "2026-03-31T12:00:00+00:00",
        "2026-03-01T00:00:00+00:00",
    ]
    posts = [make_post(f"post-{n}", published_at=datetime.fromisoformat(at)) for n, at in enumerate(moments)]
    assert listed_urls(client) == [f"{SITE}/sitemap.xml?month={month}" for month in ("2026-03", "2025-01", "2024-12")]
    seen = [
        url for month in ("2026-03", "2025-01", "2024-12") for url in listed_urls(client, f"/sitemap.xml?month={month}")
    ]
    assert sorted(seen) == sorted(post.permalink for post in posts)
    assert listed_urls(client, "/sitemap.xml?month=2025-02") == []


def test_months_are_in_the_time_zone_of_the_blog(client: Client, make_post: MakePost, blog: Blog) -> None:
    Blog.objects.update(time_zone="Pacific/Auckland")
    post = make_post(published_at=datetime(2024, 12, 31, 23, 30, tzinfo=UTC))
    assert listed_urls(client, "/sitemap.xml?month=2025-01") == [Post.objects.get(pk=post.pk).permalink]
    assert listed_urls(client, "/sitemap.xml?month=2024-12") == []


@pytest.mark.parametrize(
    "month", ["2025", "2025-13", "2025-00", "0000-01", "9999-12", "x", "2025-01-01", "%00", "٢٠٢٥-٠١"]
)
def test_an_invalid_month_is_not_found(client: Client, own_post: Post, month: str) -> None:
    assert client.get(f"/sitemap.xml?month={month}").status_code == 404


def test_the_number_of_queries_does_not_depend_on_the_number_of_posts(
    client: Client, make_post: MakePost, django_assert_num_queries: object
) -> None:
    for number in range(5):
        make_post(f"post-{number}")
    with django_assert_num_queries(2):  # type: ignore[operator]
        listed_urls(client)

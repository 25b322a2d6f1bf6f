"""Fragments of a post's page: read again while nothing has changed, and never once something has."""

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from blog.models import Blog, Credit, Person, Post, Tag, Video
from blog.permissions import steps
from blog.publishing import lifecycle
from core.page_cache import FragmentVersions
from core.page_cache.fragments import FRESHNESS
from core.page_cache.freshness import Freshness
from tests.comments.conftest import Say
from tests.conftest import GUEST_MARK
from tests.core.page_cache.conftest import Site

FIRST_VIEW, LATER_VIEW = 5, 2  # queries: the post and its comments; at first also tags, credits and videos


@pytest.fixture
def uncached(transactional_db: None) -> Site:
    """A site that stores no pages, so that each request shows what its fragments are made of."""
    return Site(max_bytes=0)


def queries_of(site: Site, post: Post) -> int:
    site.read("/")  # poll first
    with CaptureQueriesContext(connection) as captured:
        site.ask(post.get_absolute_url())
    return len(captured)


def test_a_second_view_makes_no_fragment_again(uncached: Site, permitted_repost: Post) -> None:
    assert queries_of(uncached, permitted_repost) == FIRST_VIEW
    first = uncached.ask(permitted_repost.get_absolute_url()).text
    assert queries_of(uncached, permitted_repost) == LATER_VIEW
    assert uncached.ask(permitted_repost.get_absolute_url()).text == first


def test_a_new_comment_leaves_the_article_as_it_was(uncached: Site, own_post: Post, say: Say) -> None:
    uncached.read(own_post.get_absolute_url())
    say("A remark of today.")
    fragments = caches["template_fragments"]
    kept = {key for key in fragments._cache if "post_article" in key}  # type: ignore[attr-defined]
    assert "A remark of today." in uncached.read(own_post.get_absolute_url())
    assert {key for key in fragments._cache if "post_article" in key} == kept  # type: ignore[attr-defined]


def test_whatever_changes_is_shown(uncached: Site, permitted_repost: Post, host: Person) -> None:
    post, path = permitted_repost, permitted_repost.get_absolute_url()
    assert GUEST_MARK in uncached.read(path)
    Post.objects.update(title="Another title")
    assert "Another title" in uncached.read(path)
    post.tags.add(Tag.objects.create(name="Umbrellas", slug="umbrellas"))
    assert "Umbrellas" in uncached.read(path)
    translator = Person.objects.create(name="Tess Translator", slug="tess")
    Credit.objects.create(post=post, person=translator, role="translator")
    assert "Tess Translator" in uncached.read(path)
    Person.objects.filter(pk=translator.pk).update(name="Tessa Translator")
    assert "Tessa Translator" in uncached.read(path)
    Video.objects.create(
        post=post,
        page_url="https://youtu.be/dQw4w9WgXcQ",
        provider="youtube",
        provider_id="dQw4w9WgXcQ",
        title="A clip",
    )
    assert "A clip" in uncached.read(path)
    Blog.objects.update(title="Another blog")
    assert "Another blog" in uncached.read(path)
    steps.withdraw(post.repost, by=host.name)
    assert GUEST_MARK not in uncached.read(path)


def test_a_change_while_a_page_is_made_is_in_no_later_page(site: Site, own_post: Post) -> None:
    """The fragment belongs to the version before the change, and no later page reads that."""
    path = own_post.get_absolute_url()
    site.holding = lambda: Post.objects.update(title="Changed meanwhile")
    site.read(path)
    assert "Changed meanwhile" in site.read(path)


def test_a_poll_during_the_view_forbids_caching(transactional_db: None, own_post: Post) -> None:
    freshness = Freshness()
    freshness.refresh()
    request = RequestFactory().get("/", **{FRESHNESS: freshness})  # type: ignore[arg-type]
    versions = FragmentVersions(request)
    assert versions.of("article:1") is not None
    lifecycle.mark_updated(own_post)
    freshness.poll_soon()
    freshness.refresh()
    assert versions.of(f"article:{own_post.pk}") is None
    assert FragmentVersions(request).of(f"article:{own_post.pk}") is not None


def test_without_a_page_cache_nothing_is_cached(own_post: Post) -> None:
    assert FragmentVersions(RequestFactory().get("/")).of("article:1") is None


def test_a_preview_neither_reads_nor_writes_fragments(uncached: Site, own_post: Post, desk: object) -> None:
    """It is a page of the admin, so no page cache tells it any version."""
    uncached.read(own_post.get_absolute_url())
    request = RequestFactory().post(reverse("admin:blog_post_preview"))
    assert FragmentVersions(request).of(f"article:{own_post.pk}") is None

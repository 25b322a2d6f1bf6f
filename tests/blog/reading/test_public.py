"""What is public: one rule, and no way around it at any URL."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from blog.models import Blog, Person, Post, Repost, Tag, Wording
from blog.permissions import steps
from blog.publishing import lifecycle
from comments.posting.submission import submit
from core import clock
from tests.conftest import GUEST_MARK, MakePost, MakeRepost
from tests.routes import public_responses, public_routes, public_urls

SECRET = "xyzzyplugh"  # is in every text of a post that must stay hidden
QUERIES = (SECRET[:5], GUEST_MARK[:4])  # not the whole words, since the search page repeats its query
# Routes without a page here: links with an invalid token, a missing picture, and pages for one comment writer only.
NEVER_FOUND = {
    "author-page",
    "media",
    "own-comment",
    "comment-edit",
    "comment-delete",
    "comment-confirm-email",
    "comment-unsubscribe",
    "personal-data-page",
    "comment-export-json",
    "comment-export-html",
    "comment-erase",
}


@pytest.fixture
def tag(db: None) -> Tag:
    return Tag.objects.create(name="Images", slug="images")


def draft(post: Post) -> None:
    Post.objects.filter(pk=post.pk).update(status="draft")


def scheduled(post: Post) -> None:
    Post.objects.filter(pk=post.pk).update(published_at=clock.now() + timedelta(days=2))


def withdrawn(post: Post) -> None:
    lifecycle.withdraw(post, note="A mistake.")


def test_every_public_route_is_searched_for_leaks(
    client: Client, permitted_repost: Post, original_author: Person, tag: Tag
) -> None:
    permitted_repost.tags.add(tag)
    submit(post_id=permitted_repost.pk, name="Rea", text="A remark.")
    urls = public_urls(permitted_repost, tag, original_author)
    assert set(urls) == {name for name, _parameters in public_routes()}
    for route in set(urls) - NEVER_FOUND:
        assert any(client.get(url).status_code < 400 for url in urls[route]), route


@pytest.mark.parametrize("hide", [draft, scheduled, withdrawn])
def test_a_post_that_is_not_public_is_shown_on_no_page(
    hide: Callable[[Post], None], client: Client, make_repost: MakeRepost, original_author: Person, tag: Tag
) -> None:
    post = make_repost("hidden", text=f"The {GUEST_MARK} and {SECRET}.", source_title=f"{SECRET} source")
    post.tags.add(tag)
    for field in ("introduction", "body", "summary"):
        setattr(post, field, f"{field} {SECRET}")
    post.save()
    seen = dict(public_responses(client, post, tag, original_author, queries=QUERIES))
    assert any(SECRET in text for text in seen.values()), "the test can find it"
    hide(post)
    for url, text in public_responses(client, post, tag, original_author, queries=QUERIES):
        assert SECRET not in text, url


@pytest.mark.parametrize("case", ["unpermitted_repost", "withdrawn_repost"])
def test_words_without_permission_are_shown_on_no_page(
    case: str, client: Client, request: pytest.FixtureRequest, original_author: Person, tag: Tag
) -> None:
    post: Post = request.getfixturevalue(case)
    post.tags.add(tag)
    for url, text in public_responses(client, post, tag, original_author, queries=QUERIES):
        assert GUEST_MARK not in text, url


@pytest.mark.parametrize("hide", [draft, scheduled])
def test_tags_and_people_of_unpublished_posts_only_have_no_page(
    hide: Callable[[Post], None], client: Client, permitted_repost: Post, original_author: Person, tag: Tag
) -> None:
    permitted_repost.tags.add(tag)
    pages = [tag.get_absolute_url(), f"{tag.get_absolute_url()}feed.atom", original_author.get_absolute_url()]
    assert [client.get(page).status_code for page in pages] == [200, 200, 200]
    hide(permitted_repost)
    assert [client.get(page).status_code for page in pages] == [404, 404, 404]


def test_a_person_whose_words_were_withdrawn_is_still_named(
    client: Client, withdrawn_repost: Post, original_author: Person
) -> None:
    assert client.get(original_author.get_absolute_url()).status_code == 200


def test_permitted_words_are_shown_on_their_page(client: Client, permitted_repost: Post) -> None:
    assert GUEST_MARK in client.get(permitted_repost.get_absolute_url()).content.decode()


def test_a_withdrawn_repost_leaves_a_tombstone_and_the_hosts_texts(client: Client, withdrawn_repost: Post) -> None:
    response = client.get(withdrawn_repost.get_absolute_url())
    page = response.content.decode()
    assert response.status_code == 200
    assert "withdrawn by the host" in page
    assert "The host's own words." in page


@pytest.mark.parametrize(("days", "status"), [(-1, 200), (1, 404)])
def test_a_scheduled_post_appears_without_any_job(client: Client, make_post: MakePost, days: int, status: int) -> None:
    post = make_post(published_at=clock.now() + timedelta(days=days))
    assert client.get(post.get_absolute_url()).status_code == status


def test_a_scheduled_post_is_public_from_its_exact_time_on(client: Client, make_post: MakePost) -> None:
    due = clock.now() + timedelta(days=2)
    post = make_post(published_at=due)
    with clock.standing_at(due - timedelta(microseconds=1)):
        assert client.get(post.get_absolute_url()).status_code == 404
    with clock.standing_at(due):
        assert client.get(post.get_absolute_url()).status_code == 200
        assert "own-post" in client.get("/feeds/posts.atom").content.decode()


def test_a_permission_is_in_force_until_the_end_of_its_last_day_in_the_time_zone_of_the_blog(
    client: Client, make_repost: MakeRepost
) -> None:
    Blog.objects.update(time_zone="Pacific/Auckland")
    today = clock.now().date()
    post = make_repost(expires_on=today + timedelta(days=1))
    ends_at = post.repost.ends_at
    assert ends_at is not None
    assert ends_at.astimezone(post.blog.zone).hour == 0
    with clock.standing_at(ends_at - timedelta(seconds=1)):
        assert GUEST_MARK in client.get(post.get_absolute_url()).content.decode()
        assert Repost.objects.in_force().count() == 1
    with clock.standing_at(ends_at):
        page = client.get(post.get_absolute_url()).content.decode()
        assert GUEST_MARK not in page
        assert "ended on" in page
        assert Repost.objects.in_force().count() == 0


@pytest.mark.parametrize("state", list(Repost.State))
def test_property_and_queryset_agree_on_which_reposts_are_in_force(make_repost: MakeRepost, state: str) -> None:
    post = make_repost(stated=False)
    Repost.objects.update(shown=Wording.objects.of(post.repost))
    for ends_at in (None, clock.now() - timedelta(1), clock.now() + timedelta(1)):
        Repost.objects.filter(post=post).update(state=state, level=1, ends_at=ends_at)
        repost = Repost.objects.get(post=post)
        assert repost.is_in_force == Repost.objects.in_force().filter(pk=repost.pk).exists()
        assert bool(repost.public_html) == (
            state in ("asserted", "confirmed", "stale") and (ends_at is None or ends_at > clock.now())
        )


@pytest.mark.parametrize("status", list(Post.Status))
def test_property_and_queryset_agree_on_which_posts_are_public(make_post: MakePost, status: str) -> None:
    for days in (-1, 1):
        post = make_post(f"post-{days}", status=status, published_at=clock.now() + timedelta(days=days))
        assert post.is_public == Post.objects.published().filter(pk=post.pk).exists()
        assert post.is_public == (status == "published" and days < 0)


def test_a_withdrawn_post_returns_410_with_the_reason(client: Client, own_post: Post) -> None:
    lifecycle.withdraw(own_post, note="It was wrong.")
    response = client.get(own_post.get_absolute_url())
    assert response.status_code == 410
    assert "It was wrong." in response.content.decode()
    assert "max-age=0" in response["Cache-Control"]
    assert "public" not in response["Cache-Control"]


def test_withdrawn_words_can_be_restored(client: Client, withdrawn_repost: Post) -> None:
    steps.restore(withdrawn_repost.repost, by="Eldon Host")
    assert GUEST_MARK in client.get(withdrawn_repost.get_absolute_url()).content.decode()

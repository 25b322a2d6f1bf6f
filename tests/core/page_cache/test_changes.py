"""A change that readers can see invalidates the pages that show it. Any other change invalidates nothing."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from blog.models import Blog, Credit, Person, Post, Repost, Tag, Video, Wording
from blog.permissions import steps
from blog.publishing import lifecycle
from comments.models import Comment, Discussion
from comments.moderation import closing
from comments.moderation import steps as decisions
from comments.posting import revising
from core import clock
from core.page_cache import layer
from tests.comments.conftest import Say
from tests.conftest import GUEST_MARK, MakePost, MakeRepost
from tests.core.page_cache.conftest import Meanwhile, Site

LISTS = ("/", "/feeds/posts.atom", "/feeds/posts.json", "/sitemap.xml", "/people/ada-colleague/", "/permissions/")


def paths_of(post: Post) -> list[str]:
    own = post.get_absolute_url()
    return [own, f"{own}cite.bib", f"{own}comments.atom", f"/permissions/{post.repost.public_id}/"]


@pytest.fixture
def read(site: Site, permitted_repost: Post) -> Site:
    """A site with all pages that show the repost in the cache."""
    for path in [*paths_of(permitted_repost), *LISTS, "/feeds/comments.atom"]:
        assert site.ask(path).status == 200
        assert not site.makes(path)
    return site


def publish_another(post: Post) -> None:
    other = Post.objects.create(slug="other", title="Other", author=post.author, body="x")
    lifecycle.publish(other)


CHANGES: dict[str, Callable[[Post], Any]] = {
    "the words are withdrawn": lambda post: steps.withdraw(post.repost, by="Eldon Host"),
    "the author revokes": lambda post: steps.revoke(post.repost),
    "the permission gets an end": lambda post: steps.set_end(
        post.repost, by="Eldon Host", last_day=clock.now().date() + timedelta(days=3)
    ),
    "the post is withdrawn": lifecycle.withdraw,
    "another is published": publish_another,
    "the title changes": lambda post: Post.objects.filter(pk=post.pk).update(title="Another title"),
    "another is deleted": lambda post: Post.objects.filter(slug="own-post").delete(),
    "the person gets another name": lambda post: Person.objects.update(name="Somebody Else"),
    "the blog gets another title": lambda post: Blog.objects.update(title="Elsewhere"),
    "a tag is added": lambda post: post.tags.add(Tag.objects.create(name="Law", slug="law")),
    "a credit is removed": lambda post: Credit.objects.filter(post=post).delete(),
    "the words are rendered again": lambda post: Wording.objects.update(html="<p>New</p>"),
    "a video is added": lambda post: Video.objects.create(post=post, page_url="https://x.example/", provider="link"),
    "an objection is accepted": lambda post: Repost.objects.update(is_disputed=True),
}

CHANGES_OF_OTHERS = (CHANGES["another is published"], CHANGES["another is deleted"])


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_reaches_every_page_of_the_post(
    read: Site, permitted_repost: Post, own_post: Post, change: Callable[[Post], Any]
) -> None:
    read.read("/")
    change(permitted_repost)
    pages = LISTS if change in CHANGES_OF_OTHERS else (*paths_of(permitted_repost)[:2], *LISTS)
    assert [page for page in pages if not read.makes(page)] == []


@pytest.mark.parametrize("step", [steps.withdraw, steps.restore], ids=["withdrawn", "restored"])
def test_a_text_is_shown_only_while_it_is_permitted(
    read: Site, permitted_repost: Post, step: Callable[..., None]
) -> None:
    path = permitted_repost.get_absolute_url()
    assert GUEST_MARK in read.read(path)
    steps.withdraw(permitted_repost.repost, by="Eldon Host")
    for shown in [path, "/feeds/posts.atom", "/feeds/posts.json"]:
        assert GUEST_MARK not in read.read(shown)
    if step is steps.restore:
        steps.restore(permitted_repost.repost, by="Eldon Host")
        assert GUEST_MARK in read.read(path)


def test_a_withdrawn_text_is_gone_within_a_second(read: Site, permitted_repost: Post, meanwhile: Meanwhile) -> None:
    """Even if another process withdraws it."""
    path = permitted_repost.get_absolute_url()
    assert GUEST_MARK in read.ask(path).text
    meanwhile(lambda: [steps.withdraw(permitted_repost.repost, by="Eldon Host")])
    since = time.monotonic()
    while GUEST_MARK in read.ask(path).text:
        assert time.monotonic() - since <= 1.0


def removed(comment: Comment) -> Any:
    return decisions.remove(comment, by=User.objects.get(username="moderator"), reason="")


COMMENT_CHANGES: dict[str, Callable[[Comment], Any]] = {
    "removed": removed,
    "deleted": decisions.delete_by_writer,
    "erased": decisions.erase,
    "edited": lambda comment: revising.edit(comment, text="What I meant."),
    "renamed": lambda comment: Comment.objects.update(name="X"),
    "hidden with the rest": lambda comment: closing.save_settings(
        Discussion(pk=comment.discussion_id, state=Discussion.State.HIDDEN)
    ),
}


@pytest.mark.parametrize("change", COMMENT_CHANGES.values(), ids=COMMENT_CHANGES)
def test_a_changed_comment_is_shown_as_it_is_now(
    site: Site, own_post: Post, say: Say, moderator: User, change: Callable[[Comment], Any]
) -> None:
    comment = say("Unmistakable words.")
    pages = [own_post.get_absolute_url(), comment.get_absolute_url(), "/feeds/comments.atom"]
    pages.append(f"{own_post.get_absolute_url()}comments.atom")
    for page in pages:
        assert "Unmistakable" in site.read(page)
    change(comment)
    for page in pages:
        made = len(site.made)
        assert change is COMMENT_CHANGES["renamed"] or "Unmistakable" not in site.read(page)
        assert len(site.made) > made or site.makes(page)


def test_a_comment_invalidates_the_pages_that_show_it_and_no_others(
    site: Site, own_post: Post, make_post: MakePost, say: Say
) -> None:
    other = make_post("other-post")
    kept = [other.get_absolute_url(), f"{other.get_absolute_url()}comments.atom", "/sitemap.xml", "/permissions/"]
    for page in [*kept, "/", own_post.get_absolute_url(), "/feeds/comments.atom"]:
        site.read(page)
    say("Unmistakable words.")
    assert "Unmistakable" in site.read(own_post.get_absolute_url())
    assert "Unmistakable" in site.read("/feeds/comments.atom")
    assert "1 comment" in site.read("/")
    assert [page for page in kept if site.makes(page)] == []


def test_while_comments_pour_in_a_page_is_not_made_for_every_reader(
    site: Site, own_post: Post, say: Say, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own_post.get_absolute_url()
    first = say("The first.")
    site.read(path)
    monkeypatch.setattr(layer, "MAX_LAG_SECONDS", 60.0)
    say("The second.")
    assert not site.makes(path)
    assert "The second." not in site.ask(path).text
    decisions.remove(first, by=moderator, reason="off topic")
    assert "The first." not in site.read(path)  # young or not: what was removed is gone
    assert "The second." in site.ask(path).text
    say("The third.")
    monkeypatch.setattr(layer, "MAX_LAG_SECONDS", 0.0)
    assert "The third." in site.read(path)


def test_invisible_changes_invalidate_nothing(site: Site, own_post: Post, say: Say) -> None:
    comment = say()
    Discussion.objects.update(hold=Blog.Hold.ALL)
    clip = Video.objects.create(post=own_post, page_url="https://x.example/", provider="link")
    path = own_post.get_absolute_url()
    site.read(path)
    assert say("This waits.", name="Another Reader").state == Comment.State.PENDING
    Comment.objects.filter(pk=comment.pk).update(network_key=b"", moderators_told_at=clock.now(), learned_as="")
    Video.objects.filter(pk=clip.pk).update(checked_at=clock.now(), failures=1, status=Video.Status.LIVE)
    clip.save()
    assert not site.makes(path)


def test_a_rolled_back_transaction_invalidates_nothing(read: Site, permitted_repost: Post) -> None:
    path = permitted_repost.get_absolute_url()
    with transaction.atomic():
        steps.withdraw(permitted_repost.repost, by="Eldon Host")
        transaction.set_rollback(True)
    assert not read.makes(path)
    assert GUEST_MARK in read.read(path)


def test_the_next_page_after_a_writing_request_is_new(site: Site, own_post: Post) -> None:
    path = own_post.get_absolute_url()
    site.ask(path)
    Post.objects.filter(pk=own_post.pk).update(body_html="<p>Changed.</p>")
    site.ask("/search/", "POST")
    assert "Changed." in site.ask(path).text


# --- Changes by the clock


def test_a_scheduled_post_appears_in_its_second(site: Site, own_post: Post, make_post: MakePost) -> None:
    moment = clock.now() + timedelta(hours=1)
    scheduled = make_post("scheduled", published_at=moment)
    pages = ["/", "/feeds/posts.atom", "/sitemap.xml"]
    with clock.standing_at(moment - timedelta(seconds=1)):
        for page in pages:
            assert "scheduled" not in site.read(page)
        assert site.ask(scheduled.get_absolute_url()).status == 404
    with clock.standing_at(moment):
        for page in pages:
            assert "scheduled" in site.read(page)
        assert site.ask(scheduled.get_absolute_url()).status == 200


def test_a_text_disappears_when_its_permission_ends(site: Site, make_repost: MakeRepost) -> None:
    post = make_repost(expires_on=date(2027, 3, 1))
    end = Repost.objects.get().ends_at
    assert end
    with clock.standing_at(end - timedelta(seconds=1)):
        assert GUEST_MARK in site.read(post.get_absolute_url())
    with clock.standing_at(end):
        assert GUEST_MARK not in site.read(post.get_absolute_url())
        assert GUEST_MARK not in site.read("/feeds/posts.atom")


@pytest.mark.parametrize("by_default", [False, True])
def test_the_form_disappears_when_the_discussion_closes(site: Site, own_post: Post, by_default: bool) -> None:
    assert own_post.published_at
    moment = own_post.published_at + timedelta(days=7)
    if by_default:
        Blog.objects.update(comments_close_after=7)
    else:
        Discussion.objects.update(closes_at=moment)
    with clock.standing_at(moment - timedelta(seconds=1)):
        assert "Leave a comment" in site.read(own_post.get_absolute_url())
    with clock.standing_at(moment):
        assert "Leave a comment" not in site.read(own_post.get_absolute_url())


def test_setting_the_clock_back_shows_nothing_too_early(site: Site, own_post: Post, make_post: MakePost) -> None:
    moment = clock.now() + timedelta(hours=1)
    make_post("scheduled", published_at=moment)
    with clock.standing_at(moment):
        assert "scheduled" in site.read("/")
    assert "scheduled" not in site.read("/")


def test_a_change_by_the_clock_before_the_next_poll_is_not_late(
    site: Site, own_post: Post, make_post: MakePost
) -> None:
    """A poll is valid for a second, or until the clock changes a page."""
    make_post("scheduled", published_at=clock.now() + timedelta(seconds=0.3))
    began = time.monotonic()
    assert "scheduled" not in site.read("/")
    while "scheduled" not in site.ask("/").text:
        assert time.monotonic() - began < 0.6

"""Comment feeds, as an independent feed parser reads them."""

import json
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from blog.models import Blog, OldSlug, Post
from blog.publishing import lifecycle
from comments.models import Comment, Discussion
from comments.moderation.steps import remove
from core import clock
from tests.attacks import ATTACKS, assert_harmless
from tests.comments.conftest import Say
from tests.conftest import MakePost

LATEST = "/feeds/comments.atom"
ATOM = "{http://www.w3.org/2005/Atom}"
THREADING = "{http://purl.org/syndication/thread/1.0}"


def fetch(path: str = LATEST) -> bytes:
    response = Client().get(path)
    assert response.status_code == 200
    assert not response.cookies
    return response.content


def read(path: str = LATEST) -> feedparser.FeedParserDict:
    feed = feedparser.parse(fetch(path), response_headers={"content-type": "application/atom+xml"})
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def replied_to(path: str = LATEST) -> list[dict[str, str]]:
    """The attributes of each entry's `thr:in-reply-to`."""
    entries = ElementTree.fromstring(fetch(path)).iter(f"{ATOM}entry")  # noqa: S314 - our own feed
    return [dict(entry.find(f"{THREADING}in-reply-to").attrib) for entry in entries]  # type: ignore[union-attr]


def feed_of(post: Post) -> str:
    return f"{post.get_absolute_url()}comments.atom"


def test_an_entry_is_a_comment(say: Say, own_post: Post) -> None:
    comment = say("A *remark*.", name="Rea Reader")
    (entry,) = read().entries
    assert entry.title == "Rea Reader on Own Post"
    assert entry.author == "Rea Reader"
    assert entry.link == f"{own_post.blog.base_url}{comment.get_absolute_url()}"
    assert entry.content[0].value == "<p>A <em>remark</em>.</p>"
    assert entry.id.endswith(f":comment/{comment.public_id}")


def test_each_entry_says_what_it_replies_to(say: Say, own_post: Post, blog: Blog) -> None:
    root = say("Root.")
    say("Reply.", to=root)
    newest, oldest = replied_to()
    ids = [entry.id for entry in read().entries]
    assert newest == {"ref": ids[1], "href": f"{blog.base_url}{root.get_absolute_url()}", "type": "text/html"}
    assert oldest["ref"] == read("/feeds/posts.atom").entries[0].id
    assert oldest["href"] == own_post.permalink


def test_entries_are_in_the_order_of_publication(say: Say) -> None:
    first, second = say("first"), say("second")
    Comment.objects.filter(pk=first.pk).update(published_at=clock.now() + timedelta(hours=1))  # held, then approved
    assert [entry.id[-11:] for entry in read().entries] == [first.public_id, second.public_id]


def test_an_edit_changes_the_date_and_not_the_order(say: Say) -> None:
    first, second = say("first"), say("second")
    Comment.objects.filter(pk=first.pk).update(edited_at=clock.now() + timedelta(hours=1))
    newest, oldest = read().entries
    assert [newest.id[-11:], oldest.id[-11:]] == [second.public_id, first.public_id]
    assert oldest.updated_parsed > oldest.published_parsed


def test_the_feed_of_a_post_has_only_its_comments(say: Say, own_post: Post, make_post: MakePost) -> None:
    say("Here.")
    say("There.", post_id=make_post("other").pk)
    feed = read(feed_of(own_post))
    assert [entry.content[0].value for entry in feed.entries] == ["<p>Here.</p>"]
    assert feed.feed.title == "Comments on Own Post"
    assert len(read().entries) == 2


def test_nothing_of_a_removed_comment_is_left_but_that_it_has_replies(
    say: Say, own_post: Post, moderator: User
) -> None:
    root = say("An insult.", name="Rude Reader")
    say("Please not.", to=root)
    remove(root, by=moderator, reason="an insult")
    for path in (LATEST, feed_of(own_post)):
        text = fetch(path).decode()
        assert "insult" not in text
        assert "Rude" not in text
        assert replied_to(path)[0]["ref"].endswith(root.public_id)


@pytest.mark.parametrize("state", ["hidden discussion", "draft", "withdrawn", "scheduled"])
def test_comments_that_readers_do_not_see_are_in_no_feed(say: Say, own_post: Post, client: Client, state: str) -> None:
    say("A remark.")
    changes: dict[str, dict[str, Any]] = {
        "draft": {"status": "draft"},
        "scheduled": {"published_at": clock.now() + timedelta(days=1)},
    }
    if state == "hidden discussion":
        Discussion.objects.filter(pk=own_post.pk).update(state="hidden")
    elif state == "withdrawn":
        lifecycle.withdraw(own_post)
    else:
        Post.objects.filter(pk=own_post.pk).update(**changes[state])
    assert read().entries == []
    assert client.get(feed_of(own_post)).status_code == 404


def test_the_feed_of_a_post_redirects_to_its_new_url(say: Say, own_post: Post, client: Client) -> None:
    OldSlug.objects.create(slug="as-it-was", post=own_post)
    for old in (feed_of(own_post).replace("own-post", "as-it-was"), "/2020/01/own-post/comments.atom"):
        response = client.get(old)
        assert (response.status_code, response["Location"]) == (301, feed_of(own_post))


def test_feeds_take_few_queries_whatever_they_hold(
    say: Say, own_post: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        say(str(number))
    path = feed_of(own_post)
    with django_assert_num_queries(2):  # the comments · their discussions with posts and the blog
        fetch()
    with django_assert_num_queries(2):  # the post with its discussion · the comments
        fetch(path)
    with django_assert_num_queries(3):  # the posts with their discussions · credits · videos
        fetch("/feeds/posts.atom")


def test_an_empty_feed_is_valid(own_post: Post) -> None:
    assert read().entries == []
    assert read(feed_of(own_post)).entries == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_harmless_in_feeds(say: Say, attack: str) -> None:
    say(f"x {attack}")
    Comment.objects.update(name=attack[:80])
    (entry,) = read().entries
    assert_harmless(entry.content[0].value)


def test_the_feed_of_posts_links_to_the_replies(say: Say, own_post: Post, blog: Blog) -> None:
    say("one")
    latest = say("two")
    entry = ElementTree.fromstring(fetch("/feeds/posts.atom")).find(f"{ATOM}entry")  # noqa: S314 - our own feed
    assert entry is not None
    (link,) = [link for link in entry.iter(f"{ATOM}link") if link.get("rel") == "replies"]
    assert link.get("href") == f"{blog.base_url}{feed_of(own_post)}"
    assert link.get("type") == "application/atom+xml"
    assert link.get(f"{THREADING}count") == "2"
    assert latest.published_at
    assert link.get(f"{THREADING}updated") == latest.published_at.isoformat(timespec="seconds")
    Discussion.objects.update(state="hidden")
    assert b"replies" not in fetch("/feeds/posts.atom")


def test_the_page_links_to_its_feed_and_has_the_comment_count_as_data(say: Say, own_post: Post, client: Client) -> None:
    say("one")
    page = BeautifulSoup(client.get(own_post.get_absolute_url()).content, "html.parser")
    feeds = {link["href"] for link in page.select("link[type='application/atom+xml']")}
    assert {feed_of(own_post), LATEST} <= feeds
    assert page.select_one(f"#comments a[href='{feed_of(own_post)}']")
    posting = json.loads(page.select_one("script[type='application/ld+json']").text)["@graph"][0]  # type: ignore[union-attr]
    assert posting["commentCount"] == 1
    Discussion.objects.update(state="hidden")
    assert b"comments.atom" not in client.get(own_post.get_absolute_url()).content.replace(LATEST.encode(), b"")

"""Filling makes a site that is whole: what is measured is what readers would see."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from bench import crowd, discussions, fill
from blog.models import Post
from comments import submission
from comments.models import Comment, Discussion, SpamToken

Targets = dict[str, Any]
POSTS, COMMENTS = 60, 1_000


@pytest.fixture
def targets(db: None) -> Targets:
    return fill.put(POSTS, COMMENTS)


def test_everything_holds_and_can_be_read(targets: Targets, client: Client) -> None:
    call_command("comments_check")
    call_command("permissions_verify")
    pages = {name: path for name, path in targets.items() if isinstance(path, str)}
    assert {name: client.get(path).status_code for name, path in pages.items()} == dict.fromkeys(pages, 200)
    assert client.get("/").text.count("<article") == 10
    assert Post.objects.published().count() > POSTS
    assert not Post.objects.filter(discussion=None).exists()


def test_long_discussions_are_as_long_as_they_are_said_to_be(targets: Targets, client: Client) -> None:
    for count in (*fill.FEATURED, COMMENTS):
        page = client.get(targets[f"post, {count} comments"]).text
        assert f"{count} comments" in page
        assert page.count('class="comment"') == 50
    middle = client.get(targets["middle of many"]).text
    assert "comment-context" in middle  # it begins within a thread, which is the harder page
    assert client.get(targets["last of many"]).text.count('class="comment"') == 50


def test_the_addresses_to_comment_at_take_comments_and_no_rule_minds(targets: Targets) -> None:
    for number, opening in enumerate(targets["to comment on"][:2]):
        path, _space, parent = opening.partition(" ")
        post = int(path.strip("/").rpartition("/")[2])
        taken = submission.submit(post_id=post, name=f"Reader {number}", text=f"Remark {number} of mine", parent=parent)
        assert taken.state == Comment.State.PUBLISHED
        assert (taken.parent is not None) == bool(parent)


def test_the_rules_have_something_to_look_for(targets: Targets) -> None:
    spam = submission.submit(
        post_id=Discussion.objects.earliest("pk").pk, name="Casino", text="cheap casino bonus, crypto jackpot"
    )
    assert SpamToken.objects.get(token="").spam >= 10
    assert "like_spam" in {finding["code"] for finding in spam.findings}


def test_the_same_is_filled_whatever_the_size(targets: Targets) -> None:
    """Or a list of the large site would differ by more than its size."""
    lists = [name for name in targets if name in ("home", "month", "feed") or name.startswith("tag")]
    assert len(lists) == 6
    assert Post.objects.filter(tags__slug="bench-often").count() == POSTS // 2
    assert Post.objects.filter(tags__slug="bench-seldom").count() == crowd.SELDOM


def test_what_writes_by_itself_is_switched_off_and_on_again(db: None) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the other way to switch off is PostgreSQL's own")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE told (post integer)")
        cursor.execute("CREATE TRIGGER tell AFTER INSERT ON blog_tag BEGIN INSERT INTO told VALUES (new.id); END")
        tag = "INSERT INTO blog_tag (name, slug) VALUES (%s, %s)"
        with fill.without_bumps():
            cursor.execute(tag, ["quiet", "quiet"])
        cursor.execute(tag, ["loud", "loud"])
        cursor.execute("SELECT count(*) FROM told")
        assert cursor.fetchone() == (1,)


def test_places_follow_the_pattern(noon: Any) -> None:
    from datetime import timedelta

    found = list(discussions.places(1_000, begin=noon - timedelta(days=9), end=noon))
    assert len({place.pk for place in found}) == len({place.path for place in found}) == 1_000
    roots = [place for place in found if place.parent is None]
    longest = max(sum(place.path.startswith(root.path) for place in found) for root in roots)
    assert longest == 500
    assert all(noon - timedelta(days=9) <= place.moment < noon for place in found)

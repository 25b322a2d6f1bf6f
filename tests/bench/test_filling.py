"""Filling makes a site that is whole: what is measured is what readers would see."""

from datetime import datetime, timedelta

from django.core.management import call_command
from django.test import Client

from bench import crowd, discussions, featured, fill, growth
from blog.models import Post, Tag
from comments.models import Ban, Comment
from comments.posting import submission
from core.models import Invalidation

POSTS, COMMENTS = 60, 1_000


def test_what_is_filled_is_whole_and_can_be_read(db: None, client: Client) -> None:
    """One test for all of it: filling takes seconds."""
    targets = fill.put(POSTS, COMMENTS)
    call_command("comments_check")
    call_command("permissions_verify")
    pages = {name: path for name, path in targets.items() if isinstance(path, str)}
    assert {name: client.get(path).status_code for name, path in pages.items()} == dict.fromkeys(pages, 200)
    assert not Post.objects.filter(discussion=None).exists()
    assert_lists_are_alike_on_sites_of_all_sizes(client, pages)
    assert_discussions_are_as_long_as_they_are_said_to_be(client, pages)
    for number, opening in enumerate(targets["to comment on"][:2]):
        assert_takes_a_comment(opening, number)


def assert_lists_are_alike_on_sites_of_all_sizes(client: Client, pages: dict[str, str]) -> None:
    """Or a list of the large site would differ from one of the small by more than its size."""
    assert {*growth.LISTS, *growth.FEEDS} <= {*pages}
    for name in ("home", "tag, often used", "tag, seldom used"):
        assert client.get(pages[name]).text.count("<article") == 10
    assert Post.objects.filter(tags__slug="bench-often").count() == POSTS // 2
    assert Post.objects.filter(tags__slug="bench-seldom").count() == crowd.SELDOM


def assert_discussions_are_as_long_as_they_are_said_to_be(client: Client, pages: dict[str, str]) -> None:
    for count in (*fill.FEATURED, COMMENTS):
        page = client.get(pages[f"post, {count} comments"]).text
        assert f"{count} comments" in page
        assert page.count('class="comment"') == 50
    assert "comment-context" in client.get(pages["middle of many"]).text  # within a thread: the harder page
    assert client.get(pages["last of many"]).text.count('class="comment"') == 50


def assert_takes_a_comment(opening: str, number: int) -> None:
    path, _space, parent = opening.partition(" ")
    post = int(path.strip("/").rpartition("/")[2])
    taken = submission.submit(post_id=post, name=f"Reader {number}", text=f"Remark {number} of mine", parent=parent)
    assert taken.state == Comment.State.PUBLISHED
    assert (taken.parent is not None) == bool(parent)


def test_the_rules_have_something_to_look_for(own_post: Post) -> None:
    featured.teach_the_rules()
    spam = submission.submit(post_id=own_post.pk, name="Casino", text="cheap casino bonus, crypto jackpot")
    assert {finding["code"] for finding in spam.findings} == {"like_spam"}
    assert {ban.kind for ban in Ban.objects.all()} == {Ban.Kind.WORD, Ban.Kind.DOMAIN, Ban.Kind.NETWORK}


def test_what_writes_by_itself_is_switched_off_and_on_again(db: None) -> None:
    Invalidation.objects.all().delete()
    with fill.without_bumps():
        Tag.objects.create(name="Quiet", slug="quiet")
    assert not Invalidation.objects.exists()
    Tag.objects.create(name="Loud", slug="loud")
    assert Invalidation.objects.count() == 1


def test_places_follow_the_pattern(noon: datetime) -> None:
    found = list(discussions.places(1_000, begin=noon - timedelta(days=9), end=noon))
    assert len({place.pk for place in found}) == len({place.path for place in found}) == 1_000
    roots = [place for place in found if place.parent is None]
    longest = max(sum(place.path.startswith(root.path) for place in found) for root in roots)
    assert longest == 500
    assert all(noon - timedelta(days=9) <= place.moment < noon for place in found)

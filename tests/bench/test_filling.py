"""Filling creates a consistent site, so that the benchmarks measure what readers would see."""

from datetime import datetime, timedelta

from django.core.management import call_command
from django.test import Client

from bench import bulk_posts, discussions, featured, fill, growth
from blog.models import Post, Tag
from comments.models import Ban, Comment
from comments.posting import submission
from core.models import Invalidation

POSTS, COMMENTS = 60, 1_000


def test_a_filled_site_is_consistent_and_readable(db: None, client: Client) -> None:
    """One test for everything, because filling takes seconds."""
    targets = fill.populate(POSTS, COMMENTS)
    call_command("comments_check")
    call_command("permissions_verify")
    pages = {name: path for name, path in targets.items() if isinstance(path, str)}
    assert {name: client.get(path).status_code for name, path in pages.items()} == dict.fromkeys(pages, 200)
    assert not Post.objects.filter(discussion=None).exists()
    assert_lists_do_not_depend_on_the_size_of_the_site(client, pages)
    assert_discussions_have_the_expected_length(client, pages)
    for number, target in enumerate(targets["to comment on"][:2]):
        assert_takes_a_comment(target, number)


def assert_lists_do_not_depend_on_the_size_of_the_site(client: Client, pages: dict[str, str]) -> None:
    """Otherwise a list on the large site would differ from one on the small site in more than the size."""
    assert {*growth.LISTS, *growth.FEEDS, *growth.SEARCHES} <= {*pages}
    for name in ("home", "tag, often used", "tag, seldom used"):
        assert client.get(pages[name]).text.count("<article") == 10
    found = [client.get(pages[name]).text.count("<article") for name in growth.SEARCHES]
    assert found == [30, bulk_posts.SELDOM]  # a page, and less than a page
    assert Post.objects.filter(tags__slug="bench-often").count() == POSTS // 2
    assert Post.objects.filter(tags__slug="bench-seldom").count() == bulk_posts.SELDOM


def assert_discussions_have_the_expected_length(client: Client, pages: dict[str, str]) -> None:
    for count in (*fill.FEATURED, COMMENTS):
        page = client.get(pages[f"post, {count} comments"]).text
        assert f"{count} comments" in page
        assert page.count('class="comment"') == 50
    assert "comment-context" in client.get(pages["middle of many"]).text  # within a thread, which is the harder case
    assert client.get(pages["last of many"]).text.count('class="comment"') == 50


def assert_takes_a_comment(target: str, number: int) -> None:
    path, _space, parent = target.partition(" ")
    post = int(path.strip("/").rpartition("/")[2])
    taken = submission.submit(post_id=post, name=f"Reader {number}", text=f"Remark {number} of mine", parent=parent)
    assert taken.state == Comment.State.PUBLISHED
    assert (taken.parent is not None) == bool(parent)


def test_every_rule_has_something_to_check(own_post: Post) -> None:
    featured.teach_the_rules()
    spam = submission.submit(post_id=own_post.pk, name="Casino", text="cheap casino bonus, crypto jackpot")
    assert {finding["code"] for finding in spam.findings} == {"like_spam"}
    assert {ban.kind for ban in Ban.objects.all()} == {Ban.Kind.WORD, Ban.Kind.DOMAIN, Ban.Kind.NETWORK}


def test_invalidation_is_disabled_while_filling(db: None) -> None:
    Invalidation.objects.all().delete()
    with fill.without_invalidation():
        Tag.objects.create(name="Quiet", slug="quiet")
    assert not Invalidation.objects.exists()
    Tag.objects.create(name="Loud", slug="loud")
    assert Invalidation.objects.count() == 1


def test_nodes_follow_the_pattern(noon: datetime) -> None:
    found = list(discussions.nodes(1_000, start=noon - timedelta(days=9), end=noon))
    assert len({node.pk for node in found}) == len({node.path for node in found}) == 1_000
    roots = [node for node in found if node.parent is None]
    longest = max(sum(node.path.startswith(root.path) for node in found) for root in roots)
    assert longest == 500
    assert all(noon - timedelta(days=9) <= node.created_at < noon for node in found)

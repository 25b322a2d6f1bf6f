"""Where pages end, how long threads are left and continued, and a comment's own page."""

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from blog.models import Post
from comments.models import Comment
from comments.moderation.steps import remove
from comments.threads import ids, pages
from tests.comments.conftest import Say

SIZE = 4  # then a page ends softly at 6, and a thread is left where more than 12 replies are left of it


@pytest.fixture(autouse=True)
def small_pages(settings: Settings) -> None:
    settings.COMMENTS_PER_PAGE = SIZE


def read(client: Client, address: str) -> BeautifulSoup:
    response = client.get(address)
    assert response.status_code == 200, address
    return BeautifulSoup(response.content, "html.parser")


def links(page: BeautifulSoup) -> dict[str, str]:
    """Where the ways on lead, by the cursor they hold."""
    found = {link.text: str(link["href"]) for link in page.select(".pager a")}
    return {text: parse_qs(urlsplit(address).query).get("after", [""])[0] for text, address in found.items()}


def texts(page: BeautifulSoup) -> list[str]:
    """What the comments on a page say, without those that only lead to them."""
    return [body.get_text(strip=True) for body in page.select(".comment:not(.comment-context) .comment-body")]


def chat(say: Say, root: Comment, replies: int) -> list[Comment]:
    return [say(f"{root.source}.{number}", to=root) for number in range(replies)]


@pytest.mark.parametrize(
    ("replies", "first_page"),
    [(3, 4), (5, 6), (6, 4)],
    ids=["ends with the page", "ends two later", "ends three later"],
)
def test_a_page_goes_on_to_the_end_of_a_thread_that_is_near(
    say: Say, own_post: Post, client: Client, replies: int, first_page: int
) -> None:
    chat(say, say("a"), replies)
    say("b")
    page = read(client, own_post.get_absolute_url())
    assert len(texts(page)) == first_page
    cursor = links(page)["Further comments"]
    following = read(client, f"{own_post.get_absolute_url()}?after={cursor}")
    assert texts(page) + texts(following) == ["a", *(f"a.{number}" for number in range(replies)), "b"]


def test_nothing_follows_where_the_last_thread_ends_softly(say: Say, own_post: Post, client: Client) -> None:
    chat(say, say("a"), 5)
    assert links(read(client, own_post.get_absolute_url())) == {}


def test_a_long_thread_is_left_for_the_next_one_and_can_be_continued(say: Say, own_post: Post, client: Client) -> None:
    chat(say, say("a"), 20)
    say("b")
    address = own_post.get_absolute_url()
    first = read(client, address)
    ways = links(first)
    assert list(ways) == ["Continue this thread (17 more)", "The next thread"]
    on, beyond = ways.values()
    assert texts(read(client, f"{address}?after={beyond}")) == ["b"]
    read_on = texts(first)
    while on:
        page = read(client, f"{address}?after={on}")
        read_on += texts(page)
        on = next(iter(cursor for text, cursor in links(page).items() if text != "From the first comment"), "")
    assert read_on == ["a", *(f"a.{number}" for number in range(20)), "b"]


def test_a_long_thread_at_the_end_has_no_next(say: Say, own_post: Post, client: Client) -> None:
    chat(say, say("a"), 20)
    (way,) = links(read(client, own_post.get_absolute_url()))
    assert way.startswith("Continue this thread")


def test_more_than_can_be_counted_is_said_so(
    say: Say, own_post: Post, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_COUNTED", 15)
    chat(say, say("a"), 20)
    assert "more than 15 more" in read(client, own_post.get_absolute_url()).text


def test_a_page_costs_two_queries_wherever_it_begins_and_ends(
    say: Say, own_post: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    replies = chat(say, say("a"), 20)
    discussion = Post.objects.for_page().get(pk=own_post.pk).discussion
    with django_assert_num_queries(2):  # the page · what is left of the thread
        pages.page(discussion, None)
    with django_assert_num_queries(2):  # the page · what is above it, and what is left of the thread
        pages.page(discussion, replies[3].public_id)


def test_no_page_of_a_post_costs_more_than_five_queries(
    say: Say, own_post: Post, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    replies = chat(say, say("a"), 20)
    address = own_post.get_absolute_url()
    # post with blog, author, repost and discussion; tags and credits; videos; the page; what lies outside it
    with django_assert_num_queries(5):
        client.get(f"{address}?after={replies[3].public_id}")


@pytest.mark.parametrize("ending", ["", "-end"])
def test_every_page_is_its_own_canonical_address(say: Say, own_post: Post, client: Client, ending: str) -> None:
    cursor = say("a").public_id + ending
    for typed in (cursor, cursor.upper().replace("-END", "-end")):
        page = read(client, f"{own_post.get_absolute_url()}?after={typed}")
        assert page.select_one("link[rel=canonical]")["href"] == f"{own_post.permalink}?after={cursor}"  # type: ignore[index]


@pytest.mark.parametrize("nonsense", ["", "x", '"><script>', "-end", "u" * 11, "0" * 10 + "-end"])
def test_nonsense_is_the_first_page_and_says_so(say: Say, own_post: Post, client: Client, nonsense: str) -> None:
    say("a")
    page = read(client, f"{own_post.get_absolute_url()}?after={nonsense}")
    assert page.select_one("link[rel=canonical]")["href"] == own_post.permalink  # type: ignore[index]
    assert texts(page) == ["a"]


def test_behind_a_thread_that_is_gone_the_next_one_stands(say: Say, own_post: Post, client: Client) -> None:
    first, second = say("a"), say("b")
    gone = ids.encode(first.pk + (second.pk - first.pk) // 2)
    assert texts(read(client, f"{own_post.get_absolute_url()}?after={gone}-end")) == ["b"]


def test_a_comments_page_shows_its_ancestors_and_replies_in_two_queries(
    say: Say, own_post: Post, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chain = [say("0")]
    for number in range(1, 6):
        chain.append(say(str(number), to=chain[-1]))
    say("Another thread.")
    for comment in (chain[0], chain[3], chain[-1]):
        with django_assert_num_queries(2):  # the comment with its post · what is above and below it
            page = read(client, comment.get_absolute_url())
        assert [article["id"] for article in page.select("article.comment")] == [f"c-{one.public_id}" for one in chain]
        assert len(page.select(".comment-context")) == comment.depth
        assert page.select_one("meta[name=robots]")["content"] == "noindex"  # type: ignore[index]
        assert page.select_one("link[rel=canonical]")["href"] == own_post.permalink  # type: ignore[index]


def test_a_comments_page_leads_to_the_replies_that_do_not_fit(say: Say, own_post: Post, client: Client) -> None:
    root = say("a")
    replies = chat(say, root, 9)
    page = read(client, root.get_absolute_url())
    assert texts(page) == ["a", "a.0", "a.1", "a.2", "a.3"]
    assert links(page) == {"Further comments": replies[3].public_id}


def test_a_tombstone_with_replies_has_a_page_of_its_own(
    say: Say, own_post: Post, client: Client, moderator: User
) -> None:
    root = say("a", name="Rude Reader")
    say("b", to=root)
    remove(root, by=moderator, reason="an insult")
    page = read(client, root.get_absolute_url())
    assert "Rude Reader" not in page.text
    assert "removed by a moderator" in page.text
    assert texts(page) == ["b"]

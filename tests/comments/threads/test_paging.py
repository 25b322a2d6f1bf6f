"""Where pages end, how long threads are continued, and a comment's own page."""

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

SIZE = (
    4  # then a page may grow to 6 rows, and is followed by the next thread if more than 12 replies are left in this one
)


@pytest.fixture(autouse=True)
def small_pages(settings: Settings) -> None:
    settings.COMMENTS_PER_PAGE = SIZE


def read(client: Client, path: str) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == 200, path
    return BeautifulSoup(response.content, "html.parser")


def links(page: BeautifulSoup) -> dict[str, str]:
    """The cursors of the pager links by their text."""
    found = {link.text: str(link["href"]) for link in page.select(".pager a")}
    return {text: parse_qs(urlsplit(href).query).get("after", [""])[0] for text, href in found.items()}


def texts(page: BeautifulSoup) -> list[str]:
    """The texts of the comments on a page, without those that are only context."""
    return [body.get_text(strip=True) for body in page.select(".comment:not(.comment-context) .comment-body")]


def add_replies(say: Say, root: Comment, replies: int) -> list[Comment]:
    return [say(f"{root.source}.{number}", to=root) for number in range(replies)]


@pytest.mark.parametrize(
    ("replies", "first_page"),
    [(3, 4), (5, 6), (6, 4)],
    ids=["ends with the page", "ends two rows later", "ends three rows later"],
)
def test_a_page_grows_to_the_end_of_a_thread_that_is_near(
    say: Say, own_post: Post, client: Client, replies: int, first_page: int
) -> None:
    add_replies(say, say("a"), replies)
    say("b")
    page = read(client, own_post.get_absolute_url())
    assert len(texts(page)) == first_page
    cursor = links(page)["More comments"]
    following = read(client, f"{own_post.get_absolute_url()}?after={cursor}")
    assert texts(page) + texts(following) == ["a", *(f"a.{number}" for number in range(replies)), "b"]


def test_nothing_follows_if_the_page_grows_to_the_end_of_the_last_thread(
    say: Say, own_post: Post, client: Client
) -> None:
    add_replies(say, say("a"), 5)
    assert links(read(client, own_post.get_absolute_url())) == {}


def test_a_long_thread_can_be_skipped_and_continued(say: Say, own_post: Post, client: Client) -> None:
    add_replies(say, say("a"), 20)
    say("b")
    path = own_post.get_absolute_url()
    first = read(client, path)
    cursors = links(first)
    assert list(cursors) == ["Continue this thread (17 more)", "Next thread"]
    rest, next_thread = cursors.values()
    assert texts(read(client, f"{path}?after={next_thread}")) == ["b"]
    all_texts = texts(first)
    while rest:
        page = read(client, f"{path}?after={rest}")
        all_texts += texts(page)
        rest = next(iter(cursor for text, cursor in links(page).items() if text != "Back to the first comment"), "")
    assert all_texts == ["a", *(f"a.{number}" for number in range(20)), "b"]


def test_a_long_thread_at_the_end_has_no_next_thread(say: Say, own_post: Post, client: Client) -> None:
    add_replies(say, say("a"), 20)
    (text,) = links(read(client, own_post.get_absolute_url()))
    assert text.startswith("Continue this thread")


def test_more_replies_than_are_counted_are_shown_as_more_than(
    say: Say, own_post: Post, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAX_COUNTED", 15)
    add_replies(say, say("a"), 20)
    assert "more than 15 more" in read(client, own_post.get_absolute_url()).text


def test_a_page_takes_two_queries_wherever_it_begins_and_ends(
    say: Say, own_post: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    replies = add_replies(say, say("a"), 20)
    discussion = Post.objects.for_page().get(pk=own_post.pk).discussion
    with django_assert_num_queries(2):  # the page · what is left of the thread
        pages.get_page(discussion, None)
    with django_assert_num_queries(2):  # the page · what is above it, and what is left of the thread
        pages.get_page(discussion, replies[3].public_id)


def test_a_page_that_begins_inside_a_thread_takes_six_queries(
    say: Say, own_post: Post, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    replies = add_replies(say, say("a"), 20)
    path = own_post.get_absolute_url()
    # post with blog, author, repost and discussion; tags; credits; videos; the page; what lies outside it
    with django_assert_num_queries(6):
        client.get(f"{path}?after={replies[3].public_id}")


@pytest.mark.parametrize("ending", ["", "-end"])
def test_every_page_is_its_own_canonical_url(say: Say, own_post: Post, client: Client, ending: str) -> None:
    cursor = say("a").public_id + ending
    for typed in (cursor, cursor.upper().replace("-END", "-end")):
        page = read(client, f"{own_post.get_absolute_url()}?after={typed}")
        assert page.select_one("link[rel=canonical]")["href"] == f"{own_post.permalink}?after={cursor}"  # type: ignore[index]


@pytest.mark.parametrize("invalid", ["", "x", '"><script>', "-end", "u" * 11, "0" * 10 + "-end"])
def test_an_invalid_cursor_gives_the_first_page_and_its_canonical_url(
    say: Say, own_post: Post, client: Client, invalid: str
) -> None:
    say("a")
    page = read(client, f"{own_post.get_absolute_url()}?after={invalid}")
    assert page.select_one("link[rel=canonical]")["href"] == own_post.permalink  # type: ignore[index]
    assert texts(page) == ["a"]


def test_after_a_thread_that_is_gone_the_next_one_follows(say: Say, own_post: Post, client: Client) -> None:
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


def test_a_comments_page_links_to_the_replies_that_do_not_fit(say: Say, own_post: Post, client: Client) -> None:
    root = say("a")
    replies = add_replies(say, root, 9)
    page = read(client, root.get_absolute_url())
    assert texts(page) == ["a", "a.0", "a.1", "a.2", "a.3"]
    assert links(page) == {"More comments": replies[3].public_id}


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

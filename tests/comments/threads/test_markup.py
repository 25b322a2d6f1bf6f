"""The HTML of a thread, for readers and for screen readers."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.template import Context, Template

from blog.models import Post
from comments.models import Comment
from comments.threads import ids, paths
from core import clock
from tests.comments.conftest import Say

THREAD = Template("{% load comment_tags %}{% comment_thread post %}")


@pytest.fixture
def shown(own_post: Post) -> Callable[[], BeautifulSoup]:
    def show() -> BeautifulSoup:
        post = Post.objects.for_page().get(pk=own_post.pk)
        return BeautifulSoup(THREAD.render(Context({"post": post})), "html.parser")

    return show


Shown = Callable[[], BeautifulSoup]


def article(page: BeautifulSoup, comment: Comment) -> Tag:
    found = page.find(id=f"c-{comment.public_id}")
    assert isinstance(found, Tag)
    return found


def accessible_name(page: BeautifulSoup, element: Tag) -> str:
    """The accessible name of an element: the texts of its labels."""
    labels = [page.find(id=label) for label in str(element["aria-labelledby"]).split()]
    assert all(labels)
    return " ".join(label.get_text(" ", strip=True) for label in labels if label)


def test_an_article_is_named_by_its_author_and_its_time(say: Say, shown: Shown) -> None:
    comment = say("Well.", name="Rea Reader")
    page = shown()
    time = page.find("time")
    assert isinstance(time, Tag)
    assert accessible_name(page, article(page, comment)) == f"Rea Reader {time.text}"
    assert time["datetime"] == comment.created_at.isoformat(timespec="seconds")


def test_a_badge_is_text_and_part_of_the_accessible_name(say: Say, shown: Shown) -> None:
    comment = say("Well.", name="Eldon Host")
    Comment.objects.filter(pk=comment.pk).update(badge="host")
    say("Indeed.", to=comment, name="Rea Reader")
    page = shown()
    assert accessible_name(page, article(page, comment)).startswith("Eldon Host host")
    assert len(page.select(".comment-badge")) == 1


def test_replies_can_be_folded_without_scripts(say: Say, shown: Shown) -> None:
    root = say("Root.", name="Ann")
    say("One.", to=root, name="Bo")
    say("Two.", to=say("Three.", to=root, name="Cy"), name="Di")
    page = shown()
    assert [summary.text for summary in page.select("li > details[open] > summary")] == [
        "3 replies to Ann",
        "1 reply to Cy",
    ]
    for details in page.select(".thread details"):
        assert [child.name for child in details.find_all(recursive=False)] == ["summary", "ol"]
        assert details.find_previous_sibling("article")


def test_replies_are_not_counted_if_more_are_on_other_pages(say: Say, shown: Shown, settings: Any) -> None:
    settings.COMMENTS_PER_PAGE = 2
    root = say("Root.", name="Ann")
    for number in range(5):
        say(str(number), to=root)
    assert [summary.text for summary in shown().select(".thread summary")] == ["Replies to Ann"]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("removed", "This comment was removed by a moderator."),
        ("deleted", "This comment was deleted by its author."),
        ("erased", "This comment was erased."),
    ],
)
def test_a_tombstone_says_why_and_nothing_else(say: Say, shown: Shown, state: str, sentence: str) -> None:
    root = say("An insult.", name="Rude Reader", language="de")
    say("Please not.", to=root, name="Bo")
    Comment.objects.filter(pk=root.pk).update(state=state, badge="host", edited_at=clock.now())
    page = shown()
    tombstone = article(page, root)
    assert accessible_name(page, tombstone).startswith(sentence)
    for gone in ("Rude Reader", "insult", "edited", "host", "Reply", "lang="):
        assert gone not in str(tombstone)
    assert page.find("summary").text == "1 reply"  # type: ignore[union-attr]
    assert "reply, level 2" in page.text


def test_an_edited_comment_says_so(say: Say, shown: Shown) -> None:
    comment = say("Well.")
    assert shown().select(".comment-edited") == []
    Comment.objects.filter(pk=comment.pk).update(edited_at=clock.now())
    assert [mark.text for mark in shown().select(".comment-edited")] == ["edited"]


def test_names_and_languages_are_escaped_everywhere(say: Say, shown: Shown) -> None:
    nasty = "<b>\"'&{0}%(x)s{name}"
    root = say("Root.", name=nasty)
    reply = say("Reply.", to=root, name=nasty)
    Comment.objects.filter(pk=root.pk).update(language='"><i>')
    page = shown()
    assert [bdi.text for bdi in page.select("bdi.comment-author")] == [nasty, nasty]
    assert f"reply to {nasty}, level 2" in article(page, reply).text
    assert page.find("summary").text == f"1 reply to {nasty}"  # type: ignore[union-attr]
    assert page.find(["b", "i"]) is None
    assert page.select(".comment-body")[0]["lang"] == '"><i>'


def test_braces_and_percent_signs_in_a_text_stay(say: Say, shown: Shown) -> None:
    comment = say("{id} {0} %(name)s %d {% x %}")
    assert "{id} {0} %(name)s %d {% x %}" in article(shown(), comment).text


def test_on_the_deepest_level_a_link_says_whom_a_comment_replies_to(say: Say, shown: Shown) -> None:
    comment = say("1", name="Ann")
    for level in range(2, paths.MAX_LEVELS + 1):
        comment = say(str(level), to=comment, name=f"Reader {level}")
    deepest = say("Below.", to=comment, name="Bo")
    page = shown()
    link = article(page, deepest).select_one(".comment-reply-to")
    assert link
    assert (link["href"], link.text) == (f"#c-{comment.public_id}", "to Reader 32")
    assert "level 32" in article(page, deepest).text


def test_the_reply_link_names_the_author_of_the_comment(say: Say, shown: Shown, own_post: Post) -> None:
    comment = say("Well.", name="Ann")
    (link,) = shown().select(".comment-actions a")
    assert " ".join(link.text.split()) == "Reply to Ann"
    assert link["href"] == f"/comments/new/{own_post.pk}/?parent={ids.encode(comment.pk)}"

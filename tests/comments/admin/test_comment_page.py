"""The page of one comment, where the mail to moderators leads."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from blog.models import Person, Post
from comments.admin.actions import ACTS
from comments.models import Ban, Comment, CommentEvent
from comments.moderation import steps
from comments.moderation.steps import delete_by_writer
from comments.posting.revising import edit
from core import clock
from tests.comments.conftest import Say
from tests.comments.held_comments import as_if_held
from tests.comments.moderator_pages import QUEUE, act, decide_url, page, text_of
from tests.comments.thread_integrity import assert_whole, shown

State = Comment.State


def offered(desk: Client, comment: Comment) -> list[str]:
    return [name for name, _act in desk.get(decide_url(comment)).context["acts"]]


def in_state(comment: Comment, state: str, by: User) -> Comment:
    """Bring a published comment there on the way that leads there."""
    ways: dict[str, Callable[[], object]] = {
        State.PUBLISHED: lambda: None,
        State.REMOVED: lambda: steps.remove(comment, by=by, reason=""),
        State.DELETED: lambda: delete_by_writer(comment),
        State.ERASED: lambda: steps.erase(comment, by=by),
    }
    if state in ways:
        ways[state]()
        return comment
    return as_if_held(comment, state)


# --- What is offered and what it does


@pytest.mark.parametrize(
    ("state", "names"),
    [
        (State.PENDING, ["approve", "reject", "spam"]),
        (State.SPAM, ["approve", "reject"]),
        (State.REJECTED, ["approve", "spam"]),
        (State.PUBLISHED, ["spam", "remove"]),
        (State.REMOVED, ["spam", "restore"]),
        (State.DELETED, []),
        (State.ERASED, []),
    ],
)
def test_only_what_is_possible_is_offered_and_all_of_it_is(
    desk: Client, say: Say, own_post: Post, moderator: User, state: str, names: list[str]
) -> None:
    comment = in_state(say("Here."), state, moderator)
    assert offered(desk, comment) == names
    changed = []
    for name in set(ACTS) - {"remove_with_replies"}:
        before = CommentEvent.objects.count()
        _html, batch = act(desk, decide_url(comment), action=name)
        if batch:
            changed.append(name)
            act(desk, decide_url(comment), undo=batch)
        assert bool(batch) == (CommentEvent.objects.count() > before)
    assert sorted(changed) == sorted(names)
    assert Comment.objects.get(pk=comment.pk).state == state
    assert_whole(own_post)


def test_a_branch_is_removed_and_shown_again(desk: Client, say: Say, own_post: Post) -> None:
    root = say("Root.")
    assert "remove_with_replies" not in offered(desk, root)
    say("Reply.", to=root)
    assert "remove_with_replies" in offered(desk, root)
    html, _batch = act(desk, decide_url(root), action="remove_with_replies")
    assert "1 comment was removed with all replies." in html
    assert "Its replies are hidden with it." in html
    assert "remove_with_replies" not in offered(desk, root)
    html, batch = act(desk, decide_url(root), action="show_replies")
    assert "The replies to 1 comment are shown again." in html
    assert shown(own_post) == ["Root.", "Reply."]
    act(desk, decide_url(root), undo=batch)
    assert shown(own_post) == []
    html, _batch = act(desk, decide_url(root), action="restore")
    assert "1 comment was restored." in html
    assert shown(own_post) == ["Root.", "Reply."]
    assert_whole(own_post)


def test_what_was_done_is_said_with_its_undo(desk: Client, held: Say) -> None:
    comment = held()
    html, batch = act(desk, decide_url(comment), action="approve", reason="a good point")
    assert "1 comment was approved." in html
    assert "Readers see it." in html
    html, _none = act(desk, decide_url(comment), undo=batch)
    assert "Undone: 1 comment is again what it was." in html
    assert "It waits for a moderator" in html
    assert "a good point" in html  # in the history


def test_the_second_of_two_moderators_is_told(desk: Client, held: Say, moderator: User) -> None:
    comment = held()
    steps.reject(comment, by=moderator)
    html, batch = act(desk, decide_url(comment), action="reject")
    assert "0 comments were rejected. Somebody else was faster" in html
    assert (batch, comment.events.count()) == ("", 2)


def test_the_way_leads_on_to_what_waits(desk: Client, say: Say, held: Say) -> None:
    first, second, third = held("1"), say("2"), held("3")
    assert desk.get(decide_url(first)).context["next"] == third
    assert desk.get(decide_url(second)).context["next"] == third
    assert desk.get(decide_url(third)).context["next"] == first
    act(desk, decide_url(first), action="approve")
    assert desk.get(decide_url(third)).context["next"] is None
    assert QUEUE in page(desk, decide_url(third))


# --- What is told


def test_everything_about_a_comment_is_on_its_page(
    desk: Client, say: Say, own_post: Post, moderator: User, host: Person
) -> None:
    root = say("What do you mean?", name="Quentin")
    comment = say("The first *wording*.", to=root, name="Ann")
    Comment.objects.filter(pk=comment.pk).update(email="ann@reader.example", url="https://ann.example/")
    say("An answer to Ann.", to=comment, name="Bea")
    edit(comment, text="The second wording.")
    steps.remove(comment, by=moderator, reason="off topic")
    html = page(desk, decide_url(comment))
    words = text_of(html)
    for told in (
        "A moderator removed it: readers do not see it. A mark stands in its place, because replies to it are shown.",
        "The second wording.",
        "The first *wording*.",
        "in reply to Quentin (published)",
        "1 comment below it; readers see 1.",
        "An answer to Ann.",
        "It was published.",
        "It was removed from the page. By moderator. off topic",
        "ann@reader.example (typed and not confirmed: it may be somebody else’s)",
        "https://ann.example/",
    ):
        assert told in words
    assert 'href="https://ann.example/"' not in html  # nobody follows it by accident


def test_a_proved_address_is_called_so(desk: Client, held: Say) -> None:
    comment = held()
    Comment.objects.filter(pk=comment.pk).update(email="ann@reader.example", email_confirmed_at=clock.now())
    assert "ann@reader.example (confirmed on" in text_of(page(desk, decide_url(comment)))


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_sentence(desk: Client, say: Say, moderator: User, state: str) -> None:
    comment = in_state(say("Here."), state, moderator)
    [sentence] = desk.get(decide_url(comment)).context["standing"]
    assert sentence.endswith(".")


def test_what_is_published_on_a_page_that_nobody_sees_is_not_said_to_be_read(
    desk: Client, say: Say, own_post: Post
) -> None:
    comment = say("Here.")
    assert "Readers see it." in page(desk, decide_url(comment))
    Post.objects.filter(pk=own_post.pk).update(status="withdrawn")
    html = page(desk, decide_url(comment))
    assert "readers see neither its post nor its discussion now" in html
    assert comment.get_absolute_url() not in html


def test_the_page_costs_the_same_however_much_there_is(
    desk: Client, say: Say, moderator: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    root = say("Root.")
    for number in range(12):
        say(f"Reply {number}.", to=root)
        steps.remove(root, by=moderator, reason="")
        steps.restore(root, by=moderator, reason="")
        root.revisions.create(source=str(number))
    # session · user · blog · permissions 2 · comment · what else its writer said 2 · replies 3 · whether it is public ·
    # what waits 2 · history · earlier wordings
    with django_assert_max_num_queries(16):
        desk.get(decide_url(root))


# --- Persons


def test_a_person_is_refused_for_a_while(noon: object, desk: Client, held: Say) -> None:
    comment = held(name="Nag")
    address = {"email": "nag@reader.example", "email_confirmed_at": clock.now(), "network_key": b"n" * 32}
    Comment.objects.filter(pk=comment.pk).update(**address)
    html, _none = act(desk, decide_url(comment), action="hold", mode="refuse", last_day="2026-11-22", reason="threats")
    assert "What comes from Nag is refused from now on. Known by: e-mail address, until Nov. 23, 2026;" in html
    bans = Ban.objects.order_by("kind")
    assert [(ban.kind, ban.mode, ban.reason) for ban in bans] == [
        ("email", "refuse", "threats"),
        ("network", "refuse", "threats"),
    ]
    assert {ban.until for ban in bans} == {clock.now().replace(hour=0) + timedelta(days=3)}
    html = page(desk, decide_url(comment))
    assert "is always refused" in html
    assert reverse("admin:comments_ban_change", args=[bans[0].pk]) in html


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        ({"last_day": "2026-11-19"}, "This is over already."),
        ({"last_day": "0001-01-01"}, "Use a year from 1900 to 2999."),
        ({"last_day": "9999-12-31"}, "Use a year from 1900 to 2999."),
        ({"last_day": "soon"}, "Enter a valid date."),
        ({"mode": "shout"}, "Select a valid choice."),
        ({"reason": "x" * 301}, "at most 300 characters"),
        ({"reason": "a\0b"}, "Null characters are not allowed."),
    ],
    ids=str,
)
def test_a_form_that_makes_no_sense_comes_back_with_what_is_wrong(
    noon: object, desk: Client, held: Say, sent: dict[str, str], complaint: str
) -> None:
    comment = held()
    Comment.objects.filter(pk=comment.pk).update(email="nag@reader.example")
    answer = desk.post(decide_url(comment), {"action": "hold", "mode": "hold", **sent})
    assert answer.status_code == 200
    assert complaint in answer.content.decode()
    assert not Ban.objects.exists()


# --- Erasing


def test_a_comment_is_erased_only_by_who_says_so_twice(desk: Client, say: Say, own_post: Post, moderator: User) -> None:
    comment = say("My secret.", name="Ann Ominous")
    edit(comment, text="My other secret.")
    html, _none = act(desk, decide_url(comment), action="erase")
    assert "tick the box first" in html
    assert Comment.objects.get(pk=comment.pk).source == "My other secret."
    html, _none = act(desk, decide_url(comment), action="erase", for_good="on")
    assert "The comment was erased for good." in html
    for words in ("secret", "Ominous", 'value="erase"', 'value="hold"'):
        assert words not in html
    html, _none = act(desk, decide_url(comment), action="erase", for_good="on")
    assert "It was erased already." in html
    event = comment.events.last()
    assert event is not None
    assert (event.actor, event.to_state) == (moderator, State.ERASED)
    assert_whole(own_post)


# --- Odd addresses and forms


@pytest.mark.parametrize("number", [0, 1, 2**53, 2**63, 10**30])
def test_no_number_of_a_comment_is_an_error(desk: Client, number: int) -> None:
    for method in (desk.get, desk.post):
        assert method(f"/admin/comments/comment/{number}/decide/").status_code == 404
    assert desk.get(f"/admin/comments/comment/{number}/change/").status_code == 404


@pytest.mark.parametrize(
    "sent", [{}, {"action": "x"}, {"action": "\0"}, {"action": "approve:1"}, {"undo": "x"}, {"undo": "\0"}], ids=str
)
def test_forged_forms_do_nothing_and_are_no_error(desk: Client, held: Say, sent: dict[str, str]) -> None:
    comment = held()
    html, _none = act(desk, decide_url(comment), **sent)
    assert "Nothing was" in html
    assert comment.events.count() == 1


def test_a_batch_is_undone_by_no_stranger_and_no_looker(client: Client, desk: Client, held: Say) -> None:
    comment = held()
    _html, batch = act(desk, decide_url(comment), action="approve")
    desk.logout()
    desk.post(decide_url(comment), {"undo": batch})
    assert Comment.objects.get(pk=comment.pk).state == State.PUBLISHED

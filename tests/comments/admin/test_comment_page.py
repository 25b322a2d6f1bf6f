"""The page of one comment, where emails to moderators lead."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from blog.models import Person, Post
from comments.admin.actions import ACTIONS
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
    return [name for name, _action in desk.get(decide_url(comment)).context["actions"]]


def in_state(comment: Comment, state: str, by: User) -> Comment:
    """Bring a published comment into a state."""
    steps_to: dict[str, Callable[[], object]] = {
        State.PUBLISHED: lambda: None,
        State.REMOVED: lambda: steps.remove(comment, by=by, reason=""),
        State.DELETED: lambda: delete_by_writer(comment),
        State.ERASED: lambda: steps.erase(comment, by=by),
    }
    if state in steps_to:
        steps_to[state]()
        return comment
    return as_if_held(comment, state)


# --- Actions


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
def test_exactly_the_possible_actions_are_offered(
    desk: Client, say: Say, own_post: Post, moderator: User, state: str, names: list[str]
) -> None:
    comment = in_state(say("Here."), state, moderator)
    assert offered(desk, comment) == names
    changed = []
    for name in set(ACTIONS) - {"remove_with_replies"}:
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
    assert "Its replies are hidden too." in html
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


def test_a_message_reports_an_action_and_offers_undo(desk: Client, held: Say) -> None:
    comment = held()
    html, batch = act(desk, decide_url(comment), action="approve", reason="a good point")
    assert "1 comment was approved." in html
    assert "Readers see it." in html
    html, _none = act(desk, decide_url(comment), undo=batch)
    assert "Undone: 1 comment is back in its previous state." in html
    assert "It is waiting for a moderator" in html
    assert "a good point" in html  # in the history


def test_the_second_of_two_moderators_gets_a_message(desk: Client, held: Say, moderator: User) -> None:
    comment = held()
    steps.reject(comment, by=moderator)
    html, batch = act(desk, decide_url(comment), action="reject")
    assert "0 comments were rejected. Somebody else was faster" in html
    assert (batch, comment.events.count()) == ("", 2)


def test_a_link_leads_to_the_next_waiting_comment(desk: Client, say: Say, held: Say) -> None:
    first, second, third = held("1"), say("2"), held("3")
    assert desk.get(decide_url(first)).context["next"] == third
    assert desk.get(decide_url(second)).context["next"] == third
    assert desk.get(decide_url(third)).context["next"] == first
    act(desk, decide_url(first), action="approve")
    assert desk.get(decide_url(third)).context["next"] is None
    assert QUEUE in page(desk, decide_url(third))


# --- Content


def test_the_page_shows_everything_about_a_comment(
    desk: Client, say: Say, own_post: Post, moderator: User, host: Person
) -> None:
    root = say("What do you mean?", name="Quentin")
    comment = say("The first *wording*.", to=root, name="Ann")
    Comment.objects.filter(pk=comment.pk).update(email="ann@reader.example", url="https://ann.example/")
    say("An answer to Ann.", to=comment, name="Bea")
    edit(comment, text="The second wording.")
    steps.remove(comment, by=moderator, reason="off topic")
    html = page(desk, decide_url(comment))
    text = text_of(html)
    for sentence in (
        "A moderator removed it. Readers do not see it.",
        "The page shows a note in its place, because there are replies to it.",
        "The second wording.",
        "The first *wording*.",
        "in reply to Quentin (published)",
        "1 reply; readers see 1.",
        "An answer to Ann.",
        "Published.",
        "Removed from the page. By moderator. off topic",
        "ann@reader.example (not confirmed: it may belong to somebody else)",
        "https://ann.example/",
    ):
        assert sentence in text
    assert 'href="https://ann.example/"' not in html  # so that nobody follows it by accident


def test_a_confirmed_email_is_shown_as_confirmed(desk: Client, held: Say) -> None:
    comment = held()
    Comment.objects.filter(pk=comment.pk).update(email="ann@reader.example", email_confirmed_at=clock.now())
    assert "ann@reader.example (confirmed on" in text_of(page(desk, decide_url(comment)))


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_sentence(desk: Client, say: Say, moderator: User, state: str) -> None:
    comment = in_state(say("Here."), state, moderator)
    [sentence] = desk.get(decide_url(comment)).context["visibility"]
    assert sentence.endswith(".")


def test_a_published_comment_on_a_hidden_page_is_shown_as_hidden(desk: Client, say: Say, own_post: Post) -> None:
    comment = say("Here.")
    assert "Readers see it." in page(desk, decide_url(comment))
    Post.objects.filter(pk=own_post.pk).update(status="withdrawn")
    html = page(desk, decide_url(comment))
    assert "its post or its discussion is hidden" in html
    assert comment.get_absolute_url() not in html


def test_the_number_of_queries_does_not_grow_with_the_thread(
    desk: Client, say: Say, moderator: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    root = say("Root.")
    for number in range(12):
        say(f"Reply {number}.", to=root)
        steps.remove(root, by=moderator, reason="")
        steps.restore(root, by=moderator, reason="")
        root.revisions.create(source=str(number))
    # session · user · blog · permissions 2 · comment · other comments of the writer 2 · replies 3 · is public ·
    # waiting comments 2 · history · earlier versions
    with django_assert_max_num_queries(16):
        desk.get(decide_url(root))


# --- Writers


def test_a_person_is_refused_for_a_while(noon: object, desk: Client, held: Say) -> None:
    comment = held(name="Nag")
    columns = {"email": "nag@reader.example", "email_confirmed_at": clock.now(), "network_key": b"n" * 32}
    Comment.objects.filter(pk=comment.pk).update(**columns)
    html, _none = act(desk, decide_url(comment), action="hold", mode="refuse", last_day="2026-11-22", reason="threats")
    assert "From now on, comments from Nag are refused. Recognised by: e-mail address, until Nov. 23, 2026;" in html
    bans = Ban.objects.order_by("kind")
    assert [(ban.kind, ban.mode, ban.reason) for ban in bans] == [
        ("email", "refuse", "threats"),
        ("network", "refuse", "threats"),
    ]
    assert {ban.until for ban in bans} == {clock.now().replace(hour=0) + timedelta(days=3)}
    html = page(desk, decide_url(comment))
    assert "Further comments from this person are refused." in html
    assert reverse("admin:comments_ban_change", args=[bans[0].pk]) in html


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"last_day": "2026-11-19"}, "This is in the past."),
        ({"last_day": "0001-01-01"}, "Use a year from 1900 to 2999."),
        ({"last_day": "9999-12-31"}, "Use a year from 1900 to 2999."),
        ({"last_day": "soon"}, "Enter a valid date."),
        ({"mode": "shout"}, "Select a valid choice."),
        ({"reason": "x" * 301}, "at most 300 characters"),
        ({"reason": "a\0b"}, "Null characters are not allowed."),
    ],
    ids=str,
)
def test_an_invalid_form_comes_back_with_its_errors(
    noon: object, desk: Client, held: Say, sent: dict[str, str], error: str
) -> None:
    comment = held()
    Comment.objects.filter(pk=comment.pk).update(email="nag@reader.example")
    answer = desk.post(decide_url(comment), {"action": "hold", "mode": "hold", **sent})
    assert answer.status_code == 200
    assert error in answer.content.decode()
    assert not Ban.objects.exists()


# --- Erasing


def test_erasing_needs_a_confirmation(desk: Client, say: Say, own_post: Post, moderator: User) -> None:
    comment = say("My secret.", name="Ann Ominous")
    edit(comment, text="My other secret.")
    html, _none = act(desk, decide_url(comment), action="erase")
    assert "Tick the box first" in html
    assert Comment.objects.get(pk=comment.pk).source == "My other secret."
    html, _none = act(desk, decide_url(comment), action="erase", for_good="on")
    assert "The comment was erased for good." in html
    for words in ("secret", "Ominous", 'value="erase"', 'value="hold"'):
        assert words not in html
    html, _none = act(desk, decide_url(comment), action="erase", for_good="on")
    assert "The comment had been erased already." in html
    event = comment.events.last()
    assert event is not None
    assert (event.actor, event.to_state) == (moderator, State.ERASED)
    assert_whole(own_post)


# --- Unexpected URLs and forms


@pytest.mark.parametrize("number", [0, 1, 2**53, 2**63, 10**30])
def test_unknown_primary_keys_are_not_found(desk: Client, number: int) -> None:
    for method in (desk.get, desk.post):
        assert method(f"/admin/comments/comment/{number}/decide/").status_code == 404
    assert desk.get(f"/admin/comments/comment/{number}/change/").status_code == 404


@pytest.mark.parametrize(
    "sent", [{}, {"action": "x"}, {"action": "\0"}, {"action": "approve:1"}, {"undo": "x"}, {"undo": "\0"}], ids=str
)
def test_forged_forms_do_nothing_and_cause_no_error(desk: Client, held: Say, sent: dict[str, str]) -> None:
    comment = held()
    html, _none = act(desk, decide_url(comment), **sent)
    assert "Nothing was" in html
    assert comment.events.count() == 1


def test_a_signed_out_moderator_cannot_undo_a_batch(client: Client, desk: Client, held: Say) -> None:
    comment = held()
    _html, batch = act(desk, decide_url(comment), action="approve")
    desk.logout()
    desk.post(decide_url(comment), {"undo": batch})
    assert Comment.objects.get(pk=comment.pk).state == State.PUBLISHED

"""The actions of the queue: on one comment, on many at once, and their undo."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from blog.models import Person, Post
from comments.models import Ban, Comment, CommentEvent, Discussion
from comments.moderation import steps
from tests.comments.conftest import Say
from tests.comments.held_comments import as_if_held
from tests.comments.moderator_pages import QUEUE, act, decide_url, page, staff, state_of
from tests.comments.thread_integrity import assert_whole, shown

State = Comment.State


@pytest.mark.parametrize(
    ("name", "state", "sentence"),
    [
        ("approve", State.PUBLISHED, "1 comment was approved."),
        ("reject", State.REJECTED, "1 comment was rejected."),
        ("spam", State.SPAM, "1 comment was marked as spam."),
    ],
)
def test_one_button_decides_on_a_card(
    desk: Client, held: Say, own_post: Post, moderator: User, name: str, state: str, sentence: str
) -> None:
    comment, other = held("This one."), held("Another.")
    sent = {"action": f"{name}:{comment.pk}", f"reason-{comment.pk}": "we\0ll  known", "selected": other.pk}
    html, _batch = act(desk, QUEUE, **sent)
    assert sentence in html
    assert (state_of(comment), state_of(other)) == (state, State.PENDING)
    event = comment.events.last()
    assert event is not None
    assert (event.actor, event.reason) == (moderator, "well known")
    assert_whole(own_post)


def test_many_comments_are_decided_on_and_undone_at_once(desk: Client, held: Say, own_post: Post) -> None:
    comments = [held(str(number)) for number in range(4)]
    html, batch = act(
        desk, QUEUE, action="spam", selected=[comment.pk for comment in comments[:3]], reason="a campaign"
    )
    assert "3 comments were marked as spam." in html
    assert f'name="undo" value="{batch}"' in html
    assert CommentEvent.objects.filter(batch=batch, reason="a campaign").count() == 3
    html, _none = act(desk, QUEUE, undo=batch)
    assert "Undone: 3 comments are back in their previous state." in html
    assert {state_of(comment) for comment in comments} == {State.PENDING}
    html, _none = act(desk, QUEUE, undo=batch)
    assert "Nothing was undone" in html
    assert_whole(own_post)


def test_undo_leaves_comments_alone_that_somebody_has_changed_since(
    desk: Client, held: Say, own_post: Post, host: Person
) -> None:
    assert host.user
    mine, theirs = held("Mine."), held("Theirs.")
    _html, batch = act(desk, QUEUE, action="approve", selected=[mine.pk, theirs.pk])
    steps.remove(theirs, by=host.user, reason="")
    html, _none = act(desk, QUEUE, undo=batch)
    assert "Undone: 1 comment is back in its previous state." in html
    assert (state_of(mine), state_of(theirs)) == (State.PENDING, State.REMOVED)
    assert_whole(own_post)


def test_the_second_of_two_moderators_gets_a_message_and_changes_nothing(
    desk: Client, held: Say, own_post: Post, moderator: User
) -> None:
    comment, late = held("Both read it."), held("Only one decides.")
    act(desk, QUEUE, action=f"approve:{comment.pk}")
    second = staff("second", "view_comment", "change_comment")
    html, batch = act(second, QUEUE, action=f"approve:{comment.pk}")
    assert "0 comments were approved. Somebody else was faster" in html
    assert batch == ""
    html, batch = act(second, QUEUE, action="approve", selected=[comment.pk, late.pk])
    assert "1 comment was approved." in html
    assert "1 comment was left as it is" in html
    assert CommentEvent.objects.filter(to_state=State.PUBLISHED).count() == 2
    assert Discussion.objects.get(pk=own_post.pk).count == 2
    assert_whole(own_post)


def test_a_reply_approved_under_a_comment_that_hides_its_replies_stays_hidden(
    desk: Client, say: Say, held: Say, own_post: Post, moderator: User
) -> None:
    root = say("Root.")
    reply = held("Reply.", to=root)
    steps.remove_with_replies(root, by=moderator, reason="")
    act(desk, QUEUE, action=f"approve:{reply.pk}")
    assert (state_of(reply), shown(own_post)) == (State.PUBLISHED, [])
    assert "a comment above it was removed with all replies" in page(desk, decide_url(reply))
    assert_whole(own_post)
    steps.restore(root, by=moderator, reason="")
    assert shown(own_post) == ["Root.", "Reply."]
    assert_whole(own_post)


def test_an_action_returns_to_the_same_page_of_the_queue(desk: Client, say: Say) -> None:
    comments = [as_if_held(say(str(number)), State.SPAM) for number in range(27)]
    second = desk.get(f"{QUEUE}?state=spam").context["next_url"]
    answer = desk.post(second, {"action": f"approve:{comments[0].pk}"})
    assert answer["Location"].startswith(second)
    html = page(desk, answer["Location"])
    assert "1 comment was approved." in html
    assert f'action="{second.replace("&", "&amp;")}"' in html


def test_a_link_selects_all_on_the_page_without_a_script(desk: Client, held: Say) -> None:
    for number in range(3):
        held(str(number))
    assert page(desk, QUEUE).count(" checked") == 0
    assert page(desk, f"{QUEUE}?select=all").count(" checked") == 3


def test_a_writer_is_banned_from_the_queue_and_the_button_disappears(desk: Client, held: Say, moderator: User) -> None:
    comment = held("Me again.", name="Nag")
    Comment.objects.filter(pk=comment.pk).update(email="nag@reader.example")
    assert f'value="hold:{comment.pk}"' in page(desk, QUEUE)
    html, _none = act(desk, QUEUE, action=f"hold:{comment.pk}", **{f"reason-{comment.pk}": "every day"})
    assert "From now on, comments from Nag wait for a moderator. Recognised by: e-mail address." in html
    assert f'value="hold:{comment.pk}"' not in html
    assert "Further comments from this person wait for a moderator." in html
    ban = Ban.objects.get()
    assert (ban.mode, ban.until, ban.reason, ban.created_by) == (Ban.Mode.HOLD, None, "every day", moderator)
    assert state_of(comment) == State.PENDING


def test_a_writer_who_would_not_be_recognised_cannot_be_banned(desk: Client, held: Say) -> None:
    comment = held()
    assert "hold:" not in page(desk, QUEUE)
    html, _none = act(desk, QUEUE, action=f"hold:{comment.pk}")
    assert "Nothing is stored by which this person would be recognised." in html
    assert not Ban.objects.exists()


def test_the_enter_key_does_nothing(desk: Client, held: Say) -> None:
    """It presses the first button of a form."""
    comment = held()
    for url in (QUEUE, decide_url(comment)):
        html = page(desk, url)
        start = html.index('class="queue"' if url == QUEUE else 'class="decide-actions"')
        form = html[start:]
        assert form[form.index("<button") :].startswith('<button type="submit" hidden disabled></button>')

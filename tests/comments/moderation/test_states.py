"""Every way to remove and restore a comment: with all replies, by its writer, within a removed branch."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from blog.models import Post
from comments.models import Comment, CommentEvent, Discussion
from comments.moderation import steps
from comments.moderation.steps import (
    approve,
    delete_by_writer,
    mark_spam,
    reject,
    remove,
    remove_with_replies,
    restore,
    show_replies,
)
from comments.posting.submission import Refused
from core import clock
from tests.comments.conftest import Say
from tests.comments.held_comments import as_if_held
from tests.comments.thread_integrity import assert_whole, shown

State = Comment.State


@pytest.fixture
def thread(say: Say) -> dict[str, Comment]:
    """root ─ quarrel ─ insult ─ answer, and root ─ remark; then another."""
    comments = {"root": say("root")}
    comments["quarrel"] = say("quarrel", to=comments["root"])
    comments["insult"] = say("insult", to=comments["quarrel"])
    comments["answer"] = say("answer", to=comments["insult"])
    comments["remark"] = say("remark", to=comments["root"])
    comments["another"] = say("another")
    return comments


def count(post: Post) -> int:
    return Discussion.objects.get(pk=post.pk).count


def test_a_comment_is_removed_with_everything_below_it(
    thread: dict[str, Comment], own_post: Post, moderator: User
) -> None:
    assert remove_with_replies(thread["quarrel"], by=moderator, reason="")
    assert shown(own_post) == ["root", "remark", "another"]
    assert count(own_post) == 3
    assert_whole(own_post)
    untouched = Comment.objects.get(pk=thread["answer"].pk)
    assert (untouched.state, untouched.hidden_above) == (State.PUBLISHED, 1)


def test_replies_are_shown_again_under_a_tombstone(thread: dict[str, Comment], own_post: Post, moderator: User) -> None:
    remove_with_replies(thread["quarrel"], by=moderator, reason="")
    assert show_replies(thread["quarrel"], by=moderator, reason="")
    assert thread["quarrel"].is_tombstone
    assert shown(own_post) == ["root", "quarrel", "insult", "answer", "remark", "another"]
    assert count(own_post) == 5
    assert_whole(own_post)


def test_a_restored_comment_shows_its_replies_again(
    thread: dict[str, Comment], own_post: Post, moderator: User
) -> None:
    remove_with_replies(thread["quarrel"], by=moderator, reason="")
    assert restore(thread["quarrel"], by=moderator, reason="")
    assert count(own_post) == len(shown(own_post)) == 6
    assert_whole(own_post)


def test_replies_hidden_by_two_comments_return_with_the_second(
    thread: dict[str, Comment], own_post: Post, moderator: User
) -> None:
    remove_with_replies(thread["insult"], by=moderator, reason="")
    remove_with_replies(thread["root"], by=moderator, reason="")
    assert shown(own_post) == ["another"]
    show_replies(thread["insult"], by=moderator, reason="")
    assert shown(own_post) == ["another"]
    assert_whole(own_post)
    remove_with_replies(thread["insult"], by=moderator, reason="")
    show_replies(thread["root"], by=moderator, reason="")
    assert shown(own_post) == ["root", "quarrel", "remark", "another"]
    assert_whole(own_post)


def test_a_reply_removed_by_itself_stays_removed_when_its_branch_returns(
    thread: dict[str, Comment], own_post: Post, moderator: User
) -> None:
    remove(thread["answer"], by=moderator, reason="")
    remove(thread["insult"], by=moderator, reason="")
    remove_with_replies(thread["root"], by=moderator, reason="")
    restore(thread["root"], by=moderator, reason="")
    assert shown(own_post) == ["root", "quarrel", "remark", "another"]
    assert_whole(own_post)


def test_tombstones_return_with_their_replies(thread: dict[str, Comment], own_post: Post, moderator: User) -> None:
    remove(thread["quarrel"], by=moderator, reason="")
    remove(thread["insult"], by=moderator, reason="")
    remove_with_replies(thread["root"], by=moderator, reason="")
    assert shown(own_post) == ["another"]
    restore(thread["root"], by=moderator, reason="")
    assert shown(own_post) == ["root", "quarrel", "insult", "answer", "remark", "another"]
    assert_whole(own_post)


def test_a_tombstone_can_hide_its_replies(thread: dict[str, Comment], own_post: Post, moderator: User) -> None:
    delete_by_writer(thread["quarrel"])
    assert remove_with_replies(thread["quarrel"], by=moderator, reason="the rest of the quarrel")
    assert shown(own_post) == ["root", "remark", "another"]
    assert thread["quarrel"].state == State.DELETED
    event = thread["quarrel"].events.last()
    assert event is not None
    assert (event.from_state, event.to_state, event.replies) == ("deleted", "deleted", "hidden")
    assert_whole(own_post)


def test_a_comment_can_be_removed_and_restored_while_it_is_hidden(
    thread: dict[str, Comment], own_post: Post, moderator: User
) -> None:
    remove_with_replies(thread["root"], by=moderator, reason="")
    assert remove(thread["answer"], by=moderator, reason="")
    assert restore(thread["answer"], by=moderator, reason="")
    assert delete_by_writer(thread["remark"])
    assert (shown(own_post), count(own_post)) == (["another"], 1)
    assert_whole(own_post)
    restore(thread["root"], by=moderator, reason="")
    assert shown(own_post) == ["root", "quarrel", "insult", "answer", "another"]
    assert_whole(own_post)


@pytest.mark.parametrize("gone", [remove, remove_with_replies])
def test_nobody_replies_to_a_removed_or_hidden_comment(
    gone: type, thread: dict[str, Comment], say: Say, own_post: Post, moderator: User
) -> None:
    remove_with_replies(thread["quarrel"], by=moderator, reason="")
    gone(thread["remark"], by=moderator, reason="")
    for name in ("quarrel", "insult", "answer", "remark"):
        with pytest.raises(Refused):
            say("But still.", to=thread[name])
    assert_whole(own_post)


def test_writers_delete_published_comments_but_not_removed_ones(say: Say, own_post: Post, moderator: User) -> None:
    mine, rude = say("Mine."), say("Rude.")
    remove(rude, by=moderator, reason="")
    assert delete_by_writer(mine)
    assert not delete_by_writer(mine)
    assert not delete_by_writer(rude)
    assert (mine.state, shown(own_post), count(own_post)) == (State.DELETED, [], 0)
    event = mine.events.last()
    assert event is not None
    assert (event.actor, event.from_state, event.to_state) == (None, "published", "deleted")
    assert_whole(own_post)


def test_no_moderator_restores_what_its_writer_deleted(say: Say, own_post: Post, moderator: User) -> None:
    comment = say("Hasty.")
    delete_by_writer(comment)
    for step in (approve, restore, mark_spam, reject):
        assert not step(comment, by=moderator, reason="we liked it")
    assert (comment.state, shown(own_post)) == (State.DELETED, [])
    assert_whole(own_post)


def test_steps_that_change_nothing_store_nothing(thread: dict[str, Comment], own_post: Post, moderator: User) -> None:
    remove_with_replies(thread["quarrel"], by=moderator, reason="")
    before = CommentEvent.objects.count(), Discussion.objects.values().get(pk=own_post.pk)
    assert not remove_with_replies(thread["quarrel"], by=moderator, reason="")
    assert not remove(thread["quarrel"], by=moderator, reason="")
    assert not show_replies(thread["root"], by=moderator, reason="")
    assert not restore(thread["insult"], by=moderator, reason="")
    assert before == (CommentEvent.objects.count(), Discussion.objects.values().get(pk=own_post.pk))


@pytest.mark.parametrize("state", steps.HELD)
def test_a_held_comment_can_be_neither_removed_nor_restored(
    say: Say, own_post: Post, moderator: User, state: str
) -> None:
    comment = as_if_held(say("Buy!"), state)
    for step in (remove, show_replies, restore):
        assert not step(comment, by=moderator, reason="")
    assert_whole(own_post)


@pytest.mark.parametrize("state", steps.HELD)
def test_a_held_comment_can_hide_its_replies(say: Say, own_post: Post, moderator: User, state: str) -> None:
    """The replies were written while it was published, before its writer changed it."""
    root = say("root")
    say("reply", to=root)
    steps.requeue(root)
    if state != State.PENDING:
        {State.SPAM: mark_spam, State.REJECTED: reject}[State(state)](root, by=moderator)
    assert shown(own_post) == ["root", "reply"]
    assert remove_with_replies(root, by=moderator, reason="")
    assert (root.state, shown(own_post), count(own_post)) == (state, [], 0)
    assert approve(root, by=moderator)
    assert (shown(own_post), count(own_post)) == (["root", "reply"], 2)
    assert_whole(own_post)


@pytest.mark.parametrize("state", steps.HELD)
def test_writers_delete_what_is_not_published(say: Say, own_post: Post, state: str) -> None:
    comment = as_if_held(say("Never mind."), state)
    assert delete_by_writer(comment)
    assert comment.state == State.DELETED
    assert_whole(own_post)


def test_only_a_tombstone_can_hide_its_replies(say: Say) -> None:
    comment = say("Here.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(hides_replies=True)


def test_the_latest_comment_is_the_latest_that_readers_see(
    noon: object, say: Say, own_post: Post, moderator: User
) -> None:
    first = say("First.")
    with clock.standing_at(clock.now() + timedelta(hours=1)):
        second = say("Second.")

    def latest() -> object:
        return Discussion.objects.get(pk=own_post.pk).last_published_at

    assert latest() == second.published_at
    remove(second, by=moderator, reason="")
    assert latest() == first.published_at
    delete_by_writer(first)
    assert latest() is None
    restore(second, by=moderator, reason="")
    assert latest() == second.published_at
    say("Early, but entered last.")
    assert latest() == second.published_at


def test_every_visible_change_increments_the_version(
    thread: dict[str, Comment], own_post: Post, moderator: User
) -> None:
    def version() -> int:
        return Discussion.objects.get(pk=own_post.pk).version

    seen = [version()]
    for step in (remove_with_replies, show_replies, restore):
        step(thread["root"], by=moderator, reason="")
        seen.append(version())
    assert seen == sorted(set(seen))

"""Undoing a batch, and nothing that somebody has done since."""

from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User

from blog.models import Post
from comments.models import Comment, CommentEvent, SpamToken
from comments.moderation import steps
from comments.moderation.steps import ANNOUNCE, approve, mark_spam, reject, remove, remove_with_replies, restore, undo
from core.models import Task
from core.tasks import worker
from tests.comments.conftest import Say
from tests.comments.held_comments import as_if_held
from tests.comments.thread_integrity import assert_whole, shown

State = Comment.State


def test_a_batch_is_undone_as_a_whole_and_once(held: Say, own_post: Post, moderator: User) -> None:
    batch, comments = uuid4(), [held(str(number)) for number in range(3)]
    for comment in comments:
        approve(comment, by=moderator, batch=batch)
    assert shown(own_post) == ["0", "1", "2"]
    assert undo(batch, by=moderator) == 3
    assert undo(batch, by=moderator) == 0
    assert shown(own_post) == []
    assert {Comment.objects.get(pk=comment.pk).state for comment in comments} == {State.PENDING}
    last = comments[0].events.last()
    assert last is not None
    assert (last.actor, last.from_state, last.to_state) == (moderator, "published", "pending")
    assert_whole(own_post)


def test_later_changes_stay(held: Say, own_post: Post, moderator: User) -> None:
    batch, unchanged, changed = uuid4(), held("Unchanged."), held("Changed.")
    for comment in (unchanged, changed):
        approve(comment, by=moderator, batch=batch)
    remove(changed, by=moderator, reason="on second thoughts")
    assert undo(batch, by=moderator) == 1
    unchanged.refresh_from_db()
    changed.refresh_from_db()
    assert (unchanged.state, changed.state) == (State.PENDING, State.REMOVED)
    assert_whole(own_post)


def test_a_step_that_was_repeated_since_is_not_undone(say: Say, own_post: Post, moderator: User) -> None:
    """The state is the same again, but because of a later step."""
    batch, comment = uuid4(), say("Rude.")
    remove(comment, by=moderator, reason="", batch=batch)
    restore(comment, by=moderator, reason="")
    remove(comment, by=moderator, reason="rude after all")
    assert undo(batch, by=moderator) == 0
    comment.refresh_from_db()
    assert comment.state == State.REMOVED


def test_hiding_and_showing_replies_can_be_undone(say: Say, own_post: Post, moderator: User) -> None:
    root = say("Root.")
    say("Reply.", to=root)
    hiding, showing = uuid4(), uuid4()
    remove_with_replies(root, by=moderator, reason="", batch=hiding)
    steps.show_replies(root, by=moderator, reason="", batch=showing)
    assert undo(hiding, by=moderator) == 0
    assert undo(showing, by=moderator) == 1
    assert shown(own_post) == []
    assert_whole(own_post)


def test_an_erased_comment_stays_erased(say: Say, moderator: User) -> None:
    batch, comment = uuid4(), say("Rude.")
    remove(comment, by=moderator, reason="", batch=batch)
    steps.erase(comment, by=moderator)
    assert undo(batch, by=moderator) == 0
    comment.refresh_from_db()
    assert (comment.state, comment.source) == (State.ERASED, "")


def test_an_unknown_batch_changes_nothing(say: Say, moderator: User) -> None:
    say("Here.")
    assert undo(UUID(int=0), by=moderator) == 0
    assert CommentEvent.objects.count() == 1


def test_an_approval_after_an_undone_one_is_announced(held: Say, moderator: User) -> None:
    """Otherwise subscribers would never hear of it: the worker found nothing to announce before."""
    comment, batch = held(), uuid4()
    approve(comment, by=moderator, batch=batch)
    undo(batch, by=moderator)
    worker.run_due()
    comment.refresh_from_db()
    assert comment.published_at is None
    approve(comment, by=moderator)
    assert Task.objects.filter(job=ANNOUNCE, argument=str(comment.pk)).exists()


def test_a_comment_that_was_published_before_keeps_its_date(say: Say, moderator: User) -> None:
    comment, batch = say("Edited."), uuid4()
    published_at = comment.published_at
    steps.requeue(comment)
    approve(comment, by=moderator, batch=batch)
    undo(batch, by=moderator)
    comment.refresh_from_db()
    assert (comment.state, comment.published_at) == (State.PENDING, published_at)


def test_the_filter_unlearns_what_was_undone_and_nothing_else(say: Say, held: Say, moderator: User) -> None:
    spam, good = held("Casino"), held("Walter Benjamin")
    batch, removal = uuid4(), uuid4()
    mark_spam(spam, by=moderator, batch=batch)
    approve(good, by=moderator)
    remove(good, by=moderator, reason="", batch=removal)
    undo(batch, by=moderator)
    undo(removal, by=moderator)
    assert not SpamToken.objects.filter(token="casino").exists()
    assert SpamToken.objects.get(token="benjamin").ham == 1


@pytest.mark.parametrize("state", [State.SPAM, State.PENDING])
def test_the_filter_does_not_learn_from_rejected_comments(say: Say, moderator: User, state: str) -> None:
    comment = as_if_held(say("Casino"))
    if state == State.SPAM:
        mark_spam(comment, by=moderator)
    assert reject(comment, by=moderator)
    assert not SpamToken.objects.filter(token="casino").exists()

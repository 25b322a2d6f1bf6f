"""Taking back what was done together, and nothing that somebody did since."""

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


def test_a_batch_is_taken_back_as_a_whole_and_once(held: Say, own_post: Post, moderator: User) -> None:
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


def test_what_somebody_did_since_stays(held: Say, own_post: Post, moderator: User) -> None:
    batch, kept, changed = uuid4(), held("Kept."), held("Changed.")
    for comment in (kept, changed):
        approve(comment, by=moderator, batch=batch)
    remove(changed, by=moderator, reason="on second thoughts")
    assert undo(batch, by=moderator) == 1
    kept.refresh_from_db()
    changed.refresh_from_db()
    assert (kept.state, changed.state) == (State.PENDING, State.REMOVED)
    assert_whole(own_post)


def test_what_was_done_anew_since_is_not_taken_for_the_old(say: Say, own_post: Post, moderator: User) -> None:
    """The state is the same again, and it is somebody else's doing."""
    batch, comment = uuid4(), say("Rude.")
    remove(comment, by=moderator, reason="", batch=batch)
    restore(comment, by=moderator, reason="")
    remove(comment, by=moderator, reason="rude after all")
    assert undo(batch, by=moderator) == 0
    comment.refresh_from_db()
    assert comment.state == State.REMOVED


def test_replies_come_back_and_go_again_with_what_hid_them(say: Say, own_post: Post, moderator: User) -> None:
    root = say("Root.")
    say("Reply.", to=root)
    hiding, showing = uuid4(), uuid4()
    remove_with_replies(root, by=moderator, reason="", batch=hiding)
    steps.show_replies(root, by=moderator, reason="", batch=showing)
    assert undo(hiding, by=moderator) == 0
    assert undo(showing, by=moderator) == 1
    assert shown(own_post) == []
    assert_whole(own_post)


def test_what_was_erased_stays_erased(say: Say, moderator: User) -> None:
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


def test_an_approval_taken_back_is_announced_when_it_comes_in_earnest(held: Say, moderator: User) -> None:
    """Else subscribers would never hear of it: the worker found nothing to tell of."""
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
    steps.hold_again(comment)
    approve(comment, by=moderator, batch=batch)
    undo(batch, by=moderator)
    comment.refresh_from_db()
    assert (comment.state, comment.published_at) == (State.PENDING, published_at)


def test_the_filter_forgets_what_was_taken_back_and_only_that(say: Say, held: Say, moderator: User) -> None:
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
def test_what_is_only_unwanted_is_no_spam_for_the_filter(say: Say, moderator: User, state: str) -> None:
    comment = as_if_held(say("Casino"))
    if state == State.SPAM:
        mark_spam(comment, by=moderator)
    assert reject(comment, by=moderator)
    assert not SpamToken.objects.filter(token="casino").exists()

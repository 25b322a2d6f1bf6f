"""Removing and restoring: tombstones, counts, events."""

from django.contrib.auth.models import User

from blog.models import Post
from comments.models import Comment, CommentEvent
from comments.moderation.steps import remove, restore
from tests.comments.conftest import Say
from tests.comments.thread_integrity import assert_whole, shown


def test_a_comment_without_replies_disappears_and_returns(say: Say, own_post: Post, moderator: User) -> None:
    comment = say("Rude.")
    assert remove(comment, by=moderator, reason="rude")
    assert (comment.state, shown(own_post)) == (Comment.State.REMOVED, [])
    assert_whole(own_post)
    assert restore(comment, by=moderator, reason="not that rude")
    assert shown(own_post) == ["Rude."]
    assert_whole(own_post)


def test_a_comment_with_replies_leaves_a_tombstone(say: Say, own_post: Post, moderator: User) -> None:
    root = say("Rude.")
    reply = say("No.", to=root)
    remove(root, by=moderator, reason="")
    assert shown(own_post) == ["Rude.", "No."]
    assert_whole(own_post)
    remove(reply, by=moderator, reason="")
    assert shown(own_post) == []  # the last reply takes the tombstones above it with it
    assert_whole(own_post)
    restore(reply, by=moderator, reason="")
    assert shown(own_post) == ["Rude.", "No."]
    assert_whole(own_post)


def test_a_chain_of_tombstones_disappears_and_returns_with_its_last_reply(
    say: Say, own_post: Post, moderator: User
) -> None:
    chain = [say("1")]
    for text in ("2", "3", "4"):
        chain.append(say(text, to=chain[-1]))
    for comment in chain[:-1]:
        remove(comment, by=moderator, reason="")
    assert shown(own_post) == ["1", "2", "3", "4"]
    remove(chain[-1], by=moderator, reason="")
    assert shown(own_post) == []
    restore(chain[1], by=moderator, reason="")
    assert shown(own_post) == ["1", "2"]
    assert_whole(own_post)


def test_the_second_of_two_moderators_does_nothing(say: Say, own_post: Post, moderator: User, host: object) -> None:
    comment = say("Rude.")
    stale = Comment.objects.get(pk=comment.pk)
    assert remove(comment, by=moderator, reason="first")
    assert not remove(stale, by=moderator, reason="second")
    assert not restore(say("Fine."), by=moderator, reason="nothing to restore")
    assert CommentEvent.objects.filter(to_state=Comment.State.REMOVED).count() == 1
    assert_whole(own_post)


def test_every_step_records_who_did_it_and_why(say: Say, moderator: User) -> None:
    comment = say("Rude.")
    remove(comment, by=moderator, reason="an insult")
    event = comment.events.last()
    assert event is not None
    assert (event.actor, event.reason, event.from_state) == (moderator, "an insult", Comment.State.PUBLISHED)

"""Removing and restoring: tombstones, counts, events."""

from django.contrib.auth.models import User
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from blog.models import Post
from comments.models import Comment, CommentEvent, Discussion
from comments.moderation import remove, restore
from comments.submission import Refused
from tests.comments.conftest import Say


def shown(post: Post) -> list[str]:
    return [comment.source for comment in Comment.objects.shown_in(post.pk)]


def assert_whole(post: Post) -> None:
    """What must always hold: places, visibility, count, events."""
    comments = list(Comment.objects.filter(discussion=post.pk).select_related("parent"))
    visible = {comment.path for comment in comments if comment.shown}
    for comment in comments:
        above = comment.parent.path if comment.parent else b""
        assert comment.path[:-7] == above
        has_shown_reply = any(path.startswith(comment.path) and path != comment.path for path in visible)
        is_published = comment.state == Comment.State.PUBLISHED
        assert comment.shown == (is_published or (comment.is_tombstone and has_shown_reply))
        assert not comment.shown or not above or above in visible
        steps = list(comment.events.values_list("from_state", "to_state"))
        assert [start for start, _end in steps] == ["", *(end for _start, end in steps[:-1])]
        assert steps[-1][1] == comment.state
    published = [comment for comment in comments if comment.state == Comment.State.PUBLISHED]
    assert Discussion.objects.get(pk=post.pk).count == len(published)


def test_a_comment_without_replies_disappears_and_comes_back(say: Say, own_post: Post, moderator: User) -> None:
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
    assert shown(own_post) == []  # the last reply takes the tombstones above it along
    assert_whole(own_post)
    restore(reply, by=moderator, reason="")
    assert shown(own_post) == ["Rude.", "No."]
    assert_whole(own_post)


def test_a_whole_row_of_tombstones_goes_and_comes_with_the_last_reply(
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


def test_every_step_says_who_did_it_and_why(say: Say, moderator: User) -> None:
    comment = say("Rude.")
    remove(comment, by=moderator, reason="an insult")
    event = comment.events.last()
    assert event is not None
    assert (event.actor, event.reason, event.from_state) == (moderator, "an insult", Comment.State.PUBLISHED)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["say", "remove", "restore"]), st.integers(0, 30)), max_size=25))
def test_whatever_happens_in_whatever_order_the_discussion_stays_whole(
    say: Say, own_post: Post, moderator: User, steps: list[tuple[str, int]]
) -> None:
    Comment.objects.all().delete()
    Discussion.objects.update(count=0)
    comments: list[Comment] = []
    for number, (act, which) in enumerate(steps):
        chosen = comments[which % len(comments)] if comments and which else None
        if act == "say":
            try:
                comments.append(say(f"{number}", to=chosen))
            except Refused:
                continue
        elif chosen:
            (remove if act == "remove" else restore)(chosen, by=moderator, reason="")
    assert_whole(own_post)
    assert all(Comment.objects.get(pk=comment.pk).source == comment.source for comment in comments)

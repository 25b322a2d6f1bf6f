"""How a comment is stored, its position in the tree, and what is refused."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import ProtectedError
from pytest_django import DjangoAssertNumQueries

from blog.models import Post
from comments.models import Comment, Discussion
from comments.posting import text_cleaning
from comments.posting.submission import DUPLICATE_WINDOW, MAX_ATTEMPTS, Refused, submit
from comments.threads import ids, paths
from core import clock
from tests.comments.conftest import Say
from tests.conftest import MakePost


def counted(post: Post) -> int:
    return Discussion.objects.get(pk=post.pk).count


def test_a_comment_is_published_at_once(say: Say, own_post: Post) -> None:
    comment = Comment.objects.get(pk=say("It is *so*.").pk)
    assert (comment.state, comment.shown, comment.depth, comment.parent) == (Comment.State.PUBLISHED, True, 0, None)
    assert comment.source == "It is *so*."
    assert "<em>so</em>" in comment.html
    assert comment.path == ids.segment(comment.pk)
    assert [event.to_state for event in comment.events.all()] == [Comment.State.PUBLISHED]
    discussion = Discussion.objects.get(pk=own_post.pk)
    assert (discussion.count, discussion.version, discussion.last_published_at) == (1, 1, comment.published_at)


def test_a_reply_stands_below_its_parent(say: Say) -> None:
    root = say("First.")
    reply = Comment.objects.get(pk=say("Second.", to=root).pk)
    assert (reply.parent, reply.depth, reply.reply_to) == (root, 1, None)
    assert reply.path == root.path + ids.segment(reply.pk)


def test_replies_on_the_deepest_level_are_siblings(say: Say) -> None:
    chain = [say("1")]
    for level in range(2, paths.MAX_LEVELS + 1):
        chain.append(say(str(level), to=chain[-1]))
    reply = Comment.objects.get(pk=say("One more.", to=chain[-1]).pk)
    assert (reply.depth, reply.parent, reply.reply_to) == (paths.MAX_LEVELS - 1, chain[-2], chain[-1])
    assert all(lower.parent == upper for upper, lower in pairwise(chain))


TOO_LONG = "x" * (settings.COMMENT_MAX_LENGTH + 1)


@pytest.mark.parametrize(
    ("name", "text", "fields"),
    [
        ("", "Text.", {"name"}),
        (" \t\n", "Text.", {"name"}),
        ("\u200d\u200b", "Text.", {"name"}),
        ("n" * 81, "Text.", {"name"}),
        ("Rea", "", {"text"}),
        ("Rea", " \n\n ", {"text"}),
        ("Rea", "\0\u202e\ud800", {"text"}),
        ("Rea", TOO_LONG, {"text"}),
        ("", "", {"name", "text"}),
    ],
)
def test_missing_or_too_long_values_are_refused(own_post: Post, name: str, text: str, fields: set[str]) -> None:
    with pytest.raises(Refused) as refusal:
        submit(post_id=own_post.pk, name=name, text=text)
    assert (set(refusal.value.errors), refusal.value.status) == (fields, 400)
    assert counted(own_post) == 0


@pytest.mark.parametrize(("name", "text"), [("Rea", "a" + "\u0301\u0316" * 20_000), ("a" * 5_000, "Text.")])
def test_input_that_cannot_fit_is_refused_before_it_is_cleaned(
    own_post: Post, name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_cleaning, "clean_text", lambda text: pytest.fail("takes quadratic time"))
    with pytest.raises(Refused) as refusal:
        submit(post_id=own_post.pk, name=name, text=text)
    assert refusal.value.status == 400


def test_line_ends_of_two_characters_count_as_one(say: Say) -> None:
    assert say("a" + "\r\n" * (settings.COMMENT_MAX_LENGTH - 2) + "b").source.count("\n") == 9_998


def test_the_longest_name_and_text_fit(say: Say) -> None:
    comment = say(TOO_LONG[:-1], name="n" * 80)
    assert (len(comment.source), len(comment.name)) == (settings.COMMENT_MAX_LENGTH, 80)


def test_unwanted_characters_are_removed(say: Say) -> None:
    comment = Comment.objects.get(pk=say("a\0b\ud800\r\nc\u202egpj.exe\ne\u0301", name="Bo\nb\0by").pk)
    assert (comment.source, comment.name) == ("ab\ncgpj.exe\né", "Bo bby")


def test_leading_spaces_of_a_code_block_stay() -> None:
    assert text_cleaning.clean_text("\n\n    code\n\n") == "    code"


def refused_reply(post: Post, parent: str) -> int:
    with pytest.raises(Refused) as refusal:
        submit(post_id=post.pk, name="Rea", text="A reply.", parent=parent)
    return refusal.value.status


@pytest.mark.parametrize("parent", ["x", "0" * 11, "zzzzzzzzzzz", "-1", "\0", "5 OR 1=1", ids.encode(ids.LIMIT - 1)])
def test_a_reply_to_an_invalid_or_unknown_id_is_refused(own_post: Post, parent: str) -> None:
    assert refused_reply(own_post, parent) == 404
    assert counted(own_post) == 0


def test_a_reply_to_a_comment_of_another_post_is_refused(say: Say, make_post: MakePost) -> None:
    other = make_post("other")
    assert refused_reply(other, say("Here.").public_id) == 404
    assert counted(other) == 0


@pytest.mark.parametrize("state", [state for state in Comment.State if state != Comment.State.PUBLISHED])
def test_only_published_comments_can_be_replied_to(say: Say, own_post: Post, state: str) -> None:
    parent = say("Parent.")
    Comment.objects.filter(pk=parent.pk).update(state=state, shown=state in Comment.TOMBSTONES)
    assert refused_reply(own_post, parent.public_id) == 404


def test_a_closed_or_hidden_discussion_refuses_comments(noon: object, own_post: Post) -> None:
    for change in (
        {"state": "readonly"},
        {"state": "hidden"},
        {"state": "open", "closes_at": clock.now()},
    ):
        Discussion.objects.filter(pk=own_post.pk).update(**change)
        with pytest.raises(Refused) as refusal:
            submit(post_id=own_post.pk, name="Rea", text="Late.")
        assert refusal.value.status == 409
    assert not Comment.objects.exists()


def test_a_discussion_closes_at_the_exact_time(noon: object, say: Say, own_post: Post) -> None:
    end = clock.now() + timedelta(hours=1)
    Discussion.objects.filter(pk=own_post.pk).update(closes_at=end)
    with clock.standing_at(end - timedelta(microseconds=1)):
        say("In time.")
    with clock.standing_at(end), pytest.raises(Refused):
        say("Too late.")


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "draft"},
        {"status": "withdrawn"},
        {"published_at": clock.now() + timedelta(days=3)},
    ],
)
def test_a_post_that_is_not_public_refuses_comments(make_post: MakePost, fields: dict[str, object]) -> None:
    post = make_post("secret", **fields)
    with pytest.raises(Refused) as refusal:
        submit(post_id=post.pk, name="Rea", text="I know it is there.")
    assert refusal.value.status == 404


@pytest.mark.django_db
@pytest.mark.parametrize("post_id", [0, 2**31, 2**63, 10**30])
def test_a_post_that_does_not_exist_refuses_comments(post_id: int) -> None:
    with pytest.raises(Refused):
        submit(post_id=post_id, name="Rea", text="Hello?")


def test_the_same_text_sent_twice_is_one_comment(noon: object, say: Say, own_post: Post) -> None:
    first = say("Twice.")
    with clock.standing_at(clock.now() + DUPLICATE_WINDOW - timedelta(seconds=1)):
        assert say("Twice.\r\n", name=" Rea  Reader ") == first
    assert counted(own_post) == 1


def test_the_same_text_may_be_posted_later_by_others_or_in_another_place(
    noon: object, say: Say, own_post: Post
) -> None:
    root = say("Yes.")
    pks = {root.pk, say("Yes.", name="Bo").pk, say("Yes.", to=root).pk}
    with clock.standing_at(clock.now() + DUPLICATE_WINDOW):
        pks.add(say("Yes.").pk)
    assert len(pks) == counted(own_post) == 4


def test_a_new_id_is_created_if_the_first_is_taken(say: Say, own_post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = say("First.").pk
    new_ids = iter([taken] * (MAX_ATTEMPTS - 1) + [taken + 1])
    monkeypatch.setattr(ids, "new_id", lambda: next(new_ids))
    assert say("Second.").pk == taken + 1
    assert counted(own_post) == 2


def test_a_comment_takes_few_queries(say: Say, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    root = say("Root.")
    # banned words · words of the spam filter (an unknown sender needs no query for bans)
    # savepoint · discussion with post · reply target · lock and reply target again, if the database has row locks ·
    # duplicate · insert · event · subscribers (none, so no task) · discussion · release
    with django_assert_num_queries(11 + 2 * connection.features.has_select_for_update):
        say("Reply.", to=root)


def test_a_discussion_is_created_with_its_post_and_protects_it(say: Say, own_post: Post, make_post: MakePost) -> None:
    quiet = make_post("quiet")
    assert quiet.discussion.count == 0
    quiet.delete()
    root = say("Root.")
    say("Reply.", to=root)
    with pytest.raises(ProtectedError), transaction.atomic():
        own_post.delete()
    Comment.objects.filter(discussion=own_post.pk).delete()  # all of them together can be deleted
    own_post.delete()
    assert not Discussion.objects.exists()

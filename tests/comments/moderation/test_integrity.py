"""`manage.py comments_check` reports whatever was changed past the rules, and repairs what it can."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import DjangoAssertNumQueries

from blog.models import Post
from comments.models import Comment, CommentEvent, Discussion
from comments.moderation import integrity
from comments.moderation.steps import delete_by_writer, remove, remove_with_replies
from comments.threads import ids, paths
from core import clock
from tests.comments.conftest import Say
from tests.comments.thread_integrity import assert_whole
from tests.conftest import MakePost

Family = dict[str, Comment]


@pytest.fixture
def family(say: Say, moderator: User) -> Family:
    """A root with two replies, one of them removed with its own reply; and a removed root with a reply."""
    comments = {"root": say("root")}
    comments["first"] = say("first", to=comments["root"])
    comments["second"] = say("second", to=comments["root"])
    comments["hidden"] = say("hidden", to=comments["second"])
    comments["gone"] = say("gone")
    comments["answer"] = say("answer", to=comments["gone"])
    remove_with_replies(comments["second"], by=moderator, reason="")
    remove(comments["gone"], by=moderator, reason="")
    return comments


def check(*options: str) -> str:
    output = StringIO()
    call_command("comments_check", *options, stdout=output)
    return output.getvalue()


def failing_check(*options: str) -> str:
    output = StringIO()
    with pytest.raises(CommandError, match="1 of 1 discussions have faults"):
        call_command("comments_check", *options, stdout=output)
    return output.getvalue()


def corrupt(comment: Comment, **fields: object) -> None:
    Comment.objects.filter(pk=comment.pk).update(**fields)


def test_a_site_without_faults(family: Family, make_post: MakePost) -> None:
    make_post("quiet")
    assert check() == "1 discussions, 6 comments: no faults.\n"


REPAIRABLE = {
    "a path cut short": ("first", {"path": b"\x01\x02\x03"}),
    "a path of another thread": ("first", {"path": b"\x01" * 14}),
    "a wrong depth": ("first", {"depth": 7}),
    "hidden by nothing": ("first", {"hidden_above": 1}),
    "shown though hidden above": ("hidden", {"shown": True}),
    "hidden, but not recorded as such": ("hidden", {"hidden_above": 0}),
    "not shown though published": ("first", {"shown": False}),
    "a tombstone that is not shown": ("gone", {"shown": False}),
    "a tombstone without a shown reply": ("second", {"shown": True}),
}


@pytest.mark.parametrize(("name", "fields"), REPAIRABLE.values(), ids=REPAIRABLE)
def test_a_wrong_tree_position_is_reported_and_repaired(
    family: Family, own_post: Post, name: str, fields: dict[str, object]
) -> None:
    corrupt(family[name], **fields)
    output = failing_check()
    assert f"{own_post.slug}: {family[name].public_id}: " in output
    assert all(field in output for field in fields)
    before = Discussion.objects.get(pk=own_post.pk).version
    assert "2 rows were repaired." in check("--repair")  # the comment, and the version of its discussion
    assert Discussion.objects.get(pk=own_post.pk).version == before + 1
    assert_whole(own_post)


@pytest.mark.parametrize("fields", [{"count": 7}, {"last_published_at": None}, {"last_published_at": clock.now()}])
def test_wrong_totals_are_reported_and_repaired(family: Family, own_post: Post, fields: dict[str, object]) -> None:
    Discussion.objects.filter(pk=own_post.pk).update(**fields)
    assert f"{own_post.slug}: {next(iter(fields))} is " in failing_check()
    check("--repair")
    assert_whole(own_post)


def test_the_count_of_a_discussion_without_comments_is_checked_too(own_post: Post) -> None:
    Discussion.objects.filter(pk=own_post.pk).update(count=1)
    assert "count is 1, but should be 0" in failing_check()


def test_comments_with_swapped_paths_are_repaired(family: Family, own_post: Post) -> None:
    first, second = family["first"], family["second"]
    corrupt(first, path=b"\xff")
    corrupt(second, path=first.path)
    corrupt(first, path=second.path)
    check("--repair")
    assert_whole(own_post)


def test_a_moved_branch_is_repaired_as_a_whole(family: Family, own_post: Post) -> None:
    """Under another parent the positions of all replies follow, and so does what hides them."""
    corrupt(family["second"], parent=family["answer"])
    check("--repair")
    hidden = Comment.objects.get(pk=family["hidden"].pk)
    assert (hidden.depth, hidden.hidden_above) == (3, 1)
    assert hidden.path == b"".join(ids.segment(family[name].pk) for name in ("gone", "answer", "second", "hidden"))


def test_repairing_twice_changes_nothing_more(family: Family, own_post: Post) -> None:
    corrupt(family["first"], depth=3)
    assert integrity.repair(own_post.pk) == 2
    after = list(Comment.objects.values()), Discussion.objects.values().get(pk=own_post.pk)
    assert integrity.repair(own_post.pk) == 0
    assert after == (list(Comment.objects.values()), Discussion.objects.values().get(pk=own_post.pk))


def test_a_reply_across_discussions_is_reported_and_not_repaired(
    family: Family, say: Say, own_post: Post, make_post: MakePost
) -> None:
    elsewhere = say("elsewhere", post_id=make_post("other").pk)
    corrupt(family["first"], parent=elsewhere)
    output = StringIO()
    with pytest.raises(CommandError, match="1 of 2 discussions"):
        call_command("comments_check", "--repair", stdout=output)
    assert f"{family['first'].public_id}: its parent is not in this discussion" in output.getvalue()


def test_comments_that_reply_to_each_other_are_reported_and_not_repaired(family: Family, own_post: Post) -> None:
    corrupt(family["root"], parent=family["first"])
    assert f"{family['root'].public_id}: its parent" in failing_check("--repair")


def test_a_reply_to_a_comment_of_another_discussion_is_reported(family: Family, say: Say, make_post: MakePost) -> None:
    elsewhere = say("elsewhere", post_id=make_post("other").pk)
    corrupt(family["first"], reply_to=elsewhere)
    with pytest.raises(CommandError, match="1 of 2 discussions"):
        check()


def test_a_thread_that_is_too_deep_is_reported(say: Say, own_post: Post) -> None:
    chain = [say("1")]
    for level in range(2, paths.MAX_LEVELS + 1):
        chain.append(say(str(level), to=chain[-1]))
    beside = say("beside", to=chain[-1])
    corrupt(beside, parent=chain[-1])
    assert "it is on level 33, but there are only 32 levels" in failing_check()


HISTORIES: dict[str, Callable[[Comment], object]] = {
    "a state without an event": lambda comment: Comment.objects.filter(pk=comment.pk).update(state="deleted"),
    "replies hidden without an event": lambda comment: CommentEvent.objects.filter(
        comment=comment, replies="hidden"
    ).update(replies=""),
    "no history at all": lambda comment: comment.events.all().delete(),
    "an event that is missing": lambda comment: comment.events.order_by("pk")[0].delete(),
    "an event too many": lambda comment: comment.events.create(from_state="removed", to_state="removed"),
    "an event from elsewhere": lambda comment: comment.events.create(from_state="published", to_state="removed"),
}


@pytest.mark.parametrize("tamper", HISTORIES.values(), ids=HISTORIES)
def test_an_inconsistent_history_is_reported_and_never_rewritten(
    family: Family, tamper: Callable[[Comment], object]
) -> None:
    tamper(family["second"])
    events = list(CommentEvent.objects.values())
    assert f"{family['second'].public_id}: " in failing_check("--repair")
    assert list(CommentEvent.objects.values()) == events


def test_many_faults_are_summarised(say: Say, own_post: Post) -> None:
    for number in range(15):
        say(str(number))
    Comment.objects.update(depth=1)
    assert f"{own_post.slug}: and 5 more." in failing_check()


def test_a_comment_written_during_the_check_is_no_fault(
    family: Family, say: Say, own_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody comments after the rows are read and before the totals are."""
    totals, late = integrity._total_faults, iter(["Meanwhile."])

    def after_another(*args: object) -> object:
        for text in late:
            say(text)
        return totals(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(integrity, "_total_faults", after_another)
    assert integrity.faults(own_post.pk) == []


@pytest.mark.parametrize("comments", [1, 12])
def test_a_check_takes_the_same_queries_at_any_size(
    say: Say, own_post: Post, comments: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(comments):
        delete_by_writer(say(str(number)))
    with django_assert_num_queries(3):  # comments · totals · history
        assert integrity.faults(own_post.pk) == []

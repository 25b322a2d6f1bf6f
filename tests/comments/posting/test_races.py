"""Many commenters and moderators at once. If the outcome depends on who is faster, the test delays one of them.

SQLite has one writer at a time, whatever we lock. What happens without our locks shows only on PostgreSQL.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection

from blog.models import Post
from comments.models import Comment, CommentEvent, CommentQuerySet, Discussion
from comments.moderation import steps
from comments.posting.submission import Refused, submit
from tests.comments.conftest import Say
from tests.comments.thread_integrity import assert_whole, shown

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 8
REPLIES = int(os.environ.get("RACE_REPLIES", "100"))  # by each worker; the full number, 500, takes more than a minute
PAUSE = 1.0  # seconds between the moderator's turns; each turn writes all rows twice
LONG = 20.0  # seconds; nobody waits this long unless the test fails
SHORT = 0.3  # seconds of delay for one thread while the lock keeps the other from coming

INSERT_COMMENT = 'INSERT INTO "comments_comment"'
UPDATE_COMMENT = 'UPDATE "comments_comment"'
INSERT_EVENT = 'INSERT INTO "comments_commentevent"'
TAKE_LOCK = "FOR NO KEY UPDATE"

without_locks = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time anyway")


def at_once(*functions: Callable[[], Any]) -> list[Any]:
    """Run each function in a thread with its own connection, and return the results. Raises the first error."""

    def run(function: Callable[[], Any]) -> Any:
        try:
            wait_long_for_the_database()
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        futures = [pool.submit(run, function) for function in functions]
    return [future.result() for future in futures]


def wait_long_for_the_database() -> None:
    """SQLite's lock is not fair: under load one writer of eight can starve."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 120000")


@contextmanager
def before(statement: str, pause: Callable[[], object]) -> Iterator[None]:
    """In this thread, call `pause` before the first SQL that contains `statement`."""
    paused: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if statement in sql and not paused:
            paused.append(sql)
            pause()
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield


def meet(barrier: threading.Barrier) -> None:
    """Wait for the other thread; continue alone if a lock keeps it from coming."""
    with suppress(threading.BrokenBarrierError):
        barrier.wait(SHORT)


def remove_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CommentQuerySet, "lock_thread", lambda self, path: None)


class Storm:
    """Workers reply to one comment while a moderator removes and restores it with its replies, again and again.

    The first reply is delayed after it read its parent, until the moderator has hidden that, or for `timeout` seconds.
    """

    def __init__(self, root: Comment, moderator: User, *, replies: int, timeout: float) -> None:
        self.root, self.moderator, self.replies, self.timeout = root, moderator, replies, timeout
        self.is_held, self.is_hidden, self.is_posted, self.is_over = (threading.Event() for _ in range(4))

    def run(self) -> None:
        at_once(self._work, self._moderate)

    def _work(self) -> None:
        try:
            at_once(*(lambda name=f"Worker {number}": self._reply(name) for number in range(WORKERS)))
        finally:
            self.is_over.set()

    def _reply(self, name: str) -> None:
        if name == "Worker 0":
            with before(INSERT_COMMENT, self._hold):
                self._post(name, "0")
            self.is_posted.set()
        self.is_posted.wait(LONG)
        for number in range(name == "Worker 0", self.replies):
            self._post(name, str(number))

    def _hold(self) -> None:
        self.is_held.set()
        self.is_hidden.wait(self.timeout)

    def _post(self, name: str, text: str) -> None:
        while not self.is_over.is_set():
            with suppress(Refused):  # the parent is hidden: try again
                submit(post_id=self.root.discussion_id, name=name, text=text, parent=self.root.public_id)
                return

    def _moderate(self) -> None:
        self.is_held.wait(LONG)
        try:
            while not self.is_over.is_set():
                assert steps.remove_with_replies(self.root, by=self.moderator, reason="")
                self.is_hidden.set()
                self.is_posted.wait(LONG)
                assert steps.restore(self.root, by=self.moderator, reason="")
                self.is_over.wait(PAUSE)
        finally:
            self.is_over.set()


def run_and_check(storm: Storm, post: Post) -> None:
    storm.run()
    assert_whole(post)
    assert Discussion.objects.get(pk=post.pk).count == len(shown(post)) == 1 + WORKERS * storm.replies


def test_many_replies_while_a_moderator_hides_and_restores_them(say: Say, own_post: Post, moderator: User) -> None:
    run_and_check(Storm(say("Root."), moderator, replies=REPLIES, timeout=SHORT), own_post)


@without_locks
def test_the_same_fails_without_the_lock(
    say: Say, own_post: Post, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_the_lock(monkeypatch)
    with pytest.raises((AssertionError, DatabaseError)):
        run_and_check(Storm(say("Root."), moderator, replies=5, timeout=LONG), own_post)


def step(name: str, comment: Comment, moderator: User) -> bool:
    if name == "delete_by_writer":
        return steps.delete_by_writer(comment)
    return bool(getattr(steps, name)(comment, by=moderator, reason=""))


STEPS = ["remove", "remove_with_replies", "delete_by_writer"]


def reply_first(parent: Comment, name: str, moderator: User, *, timeout: float) -> None:
    """A reply reads its parent, and the parent is removed before the reply is written."""
    is_held, is_gone = threading.Event(), threading.Event()

    def hold() -> None:
        is_held.set()
        is_gone.wait(timeout)

    def reply() -> None:
        with before(INSERT_COMMENT, hold):
            submit(post_id=parent.discussion_id, name="Rea", text="Reply.", parent=parent.public_id)

    def remove() -> None:
        is_held.wait(LONG)
        assert step(name, Comment.objects.get(pk=parent.pk), moderator)
        is_gone.set()

    at_once(reply, remove)
    assert_whole(parent.discussion.post)


@pytest.mark.parametrize("name", STEPS)
def test_a_reply_is_stored_before_its_parent_is_removed(name: str, say: Say, own_post: Post, moderator: User) -> None:
    reply_first(say("Parent."), name, moderator, timeout=SHORT)
    assert shown(own_post) == ([] if name == "remove_with_replies" else ["Parent.", "Reply."])


@without_locks
@pytest.mark.parametrize("name", STEPS)
def test_without_the_lock_a_reply_is_lost_below_its_parent(
    name: str, say: Say, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_the_lock(monkeypatch)
    with pytest.raises(AssertionError):
        reply_first(say("Parent."), name, moderator, timeout=LONG)


@pytest.mark.parametrize("name", STEPS)
def test_a_reply_after_its_parent_was_removed_is_refused(name: str, say: Say, own_post: Post, moderator: User) -> None:
    """It read the parent before, and then waited for the lock of the removal."""
    parent = say("Parent.")
    is_written, is_waiting = threading.Event(), threading.Event()

    def hold() -> None:
        is_written.set()
        is_waiting.wait(SHORT)

    def remove() -> None:
        with before(INSERT_EVENT, hold):
            assert step(name, Comment.objects.get(pk=parent.pk), moderator)

    def reply() -> None:
        is_written.wait(LONG)
        with before(TAKE_LOCK, is_waiting.set), pytest.raises(Refused):
            submit(post_id=own_post.pk, name="Rea", text="Reply.", parent=parent.public_id)

    at_once(remove, reply)
    assert shown(own_post) == []
    assert_whole(own_post)


@pytest.mark.parametrize(
    "name", ["remove", "remove_with_replies", "restore", "show_replies", "approve", "reject", "mark_spam"]
)
@pytest.mark.parametrize("is_locked", [True, pytest.param(False, marks=without_locks)])
def test_only_one_of_two_moderators_at_once_acts(
    is_locked: bool, name: str, say: Say, own_post: Post, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the lock they act one after the other. Without it both read the same state, but the update checks it."""
    root = say("Root.")
    say("Reply.", to=root)
    if name in ("restore", "show_replies"):
        steps.remove_with_replies(root, by=moderator, reason="")
    elif name in ("approve", "reject"):
        steps.requeue(root)
    if not is_locked:
        remove_the_lock(monkeypatch)
    events, together = CommentEvent.objects.count(), threading.Barrier(2)

    def act() -> bool:
        with before(UPDATE_COMMENT, lambda: meet(together)):
            return step(name, Comment.objects.get(pk=root.pk), moderator)

    assert sorted(at_once(act, act)) == [False, True]
    assert CommentEvent.objects.count() == events + 1
    assert_whole(own_post)


def test_an_undo_and_a_reply_do_not_deadlock(say: Say, own_post: Post, moderator: User) -> None:
    """The reply locks its thread, then the discussion. An undo of several threads must not hold the discussion's lock
    while it waits for the next thread.
    """
    threads = [say("First."), say("Second.")]
    batch = uuid4()
    for reply in [say("Rude.", to=thread) for thread in threads]:
        steps.remove(reply, by=moderator, reason="", batch=batch)
    is_held = threading.Event()

    def hold() -> None:
        is_held.set()
        threading.Event().wait(SHORT)  # until the undo has got as far as it can

    def answer() -> None:
        with before(INSERT_EVENT, hold):
            submit(post_id=own_post.pk, name="Rea", text="Reply.", parent=threads[0].public_id)

    def undo() -> int:
        is_held.wait(LONG)
        return steps.undo(batch, by=moderator)

    assert at_once(answer, undo)[1] == 2
    assert len(shown(own_post)) == 5
    assert_whole(own_post)


@pytest.mark.parametrize("is_reply", [False, True])
def test_the_same_text_sent_twice_at_the_same_moment_is_one_comment(is_reply: bool, say: Say, own_post: Post) -> None:
    parent = say("Root.").public_id if is_reply else ""
    together = threading.Barrier(2)

    def send() -> Comment:
        with before(INSERT_COMMENT, lambda: meet(together)):
            return submit(post_id=own_post.pk, name="Rea", text="Twice.", parent=parent)

    first, second = at_once(send, send)
    assert first == second
    assert shown(own_post).count("Twice.") == 1
    assert_whole(own_post)


def test_no_comment_is_refused_when_several_processes_write(say: Say, own_post: Post, tmp_path: Path) -> None:
    parent, times = say("Root.").public_id, 50
    environment = os.environ | {"DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "tests.comments.comment_process", database, str(own_post.pk)]
    writers = [
        subprocess.Popen([*command, parent, f"Writer {number}", str(times)], env=environment, stderr=subprocess.PIPE)
        for number in range(4)
    ]
    assert [writer.communicate(timeout=60)[1] for writer in writers] == [b""] * 4
    assert [writer.returncode for writer in writers] == [0] * 4
    assert Discussion.objects.get(pk=own_post.pk).count == 1 + 4 * times
    assert_whole(own_post)

"""Take a comment. Every new comment enters through `submit`."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError
from django.db.models import BigIntegerField, BinaryField, DateTimeField, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from blog.models import Post
from comments.mailing import notifications, subscriptions
from comments.models import Comment, CommentEvent, CommentQuerySet, Discussion, Subscription
from comments.models.comments import RECORD_NEW_COMMENT
from comments.posting import text_cleaning
from comments.posting.authorship import Commenter
from comments.screening import facts, judging, rules
from comments.screening.facts import Signals
from comments.screening.judging import Judgement
from comments.screening.rules import Facts
from comments.threads import ids, paths
from core import clock, write_lock
from core.compiled_queries import Given, Prepared, PreparedInsert, number_of_row
from core.mailing import email_addresses

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
UNSAVED_ID = 0  # the id of a draft until `_set_position` gives it its own
SCOPES = frozenset(Subscription.Scope.values)
DEFAULT_SCOPE = Subscription.Scope.REPLIES  # preselected in the form; without an e-mail address it has no effect
DUPLICATE_WINDOW = timedelta(minutes=10)
# The fields of a post that decide whether its discussion is open.
DISCUSSION_FIELDS = ("blog__comments_hold", "blog__comments_close_after", "discussion", "slug", "published_at")

POST_GONE = _("This post is no longer available, so it takes no comments.")
EMAIL_INVALID = _("This does not look like an e-mail address. Please correct it, or leave the field empty.")
EMAIL_MISSING = _("To get e-mail, please enter your e-mail address. Otherwise choose “no mail about comments”.")
BUSY = _("The blog is too busy at the moment. Your text is still here: please send it again in a minute.")
PARENT_GONE = _("The comment you are replying to is no longer there. You can post your text as a new comment instead.")

ANONYMOUS = Commenter()


class TreePosition(NamedTuple):
    """Where a comment stands in the tree."""

    pk: int
    path: bytes
    parent_id: int | None


class Refused(Exception):
    """The comment was not taken: `message` says why, or `errors` has a sentence for each field concerned."""

    def __init__(
        self, message: StrPromise | str | None = None, *, status: int, errors: dict[str, ValidationError] | None = None
    ) -> None:
        super().__init__(message or errors)
        self.message = message
        self.errors = errors or {}
        self.status = status  # of the HTTP response


@contextmanager
def refuse_if_busy() -> Iterator[None]:
    """Turn a database that cannot be written into Refused, so that the view shows the typed text again.

    SQLite has one writer at a time, and fails with "database is locked" after twenty seconds of waiting.
    """
    try:
        yield
    except OperationalError as error:
        log.warning("The database did not take a comment: %s", error)  # a full disk looks the same to the commenter
        raise Refused(BUSY, status=503) from error


def submit(
    *,
    post_id: int,
    name: str,
    text: str,
    email: str = "",
    notify: str = "",
    parent: str = "",
    language: str = "",
    commenter: Commenter = ANONYMOUS,
    signals: Signals = facts.NO_SIGNALS,
) -> Comment:
    """Store a comment on a post, as a reply if `parent` is the public id of another comment.

    The screening rules decide whether it is published at once or waits for a moderator. Badges come from `commenter`,
    whatever the name says. `notify` is the scope of the subscription that the commenter asks for. If the same text is
    sent again within ten minutes, the first comment is returned. Raises Refused.
    """
    name, text = clean(name, text)
    notify = notify if notify in SCOPES else ""
    draft = Comment(pk=UNSAVED_ID, name=name, source=text, language=language, person=commenter.person)
    draft.email = clean_email(email, notify)
    draft.email_confirmed_at = clock.now() if email and draft.email == commenter.proved_email else None
    draft.user, draft.badge, draft.network_key = commenter.user, commenter.badge, commenter.network_key
    draft.words_key = facts.words_key(text)
    draft.discussion_id = post_id
    draft.render()  # before the transaction, like the slow part of screening, so that nobody waits for it
    known = facts.gather(draft, commenter, signals)
    for _attempt in range(MAX_ATTEMPTS - 1):
        # Another process created the same id, or stored the same text at the same moment: try again.
        with suppress(IntegrityError):
            return _insert(draft, parent, commenter, known, notify)
    return _insert(draft, parent, commenter, known, notify)


def preview(name: str, text: str) -> Comment:
    """Return the comment as it would look, without storing it. Raises Refused."""
    name, text = clean(name, text)
    draft = Comment(name=name, source=text)
    draft.render()
    return draft


def clean(name: str, text: str) -> tuple[str, str]:
    """Return name and text as they would be stored. Raises Refused if one of them is missing or too long."""
    _check_size(name, text)
    name, text = text_cleaning.clean_line(name), text_cleaning.clean_text(text)
    _check(name, text)
    return name, text


def _check_size(name: str, text: str) -> None:
    """Refuse input that stays too long however it is cleaned.

    Composing 80,000 combining marks takes four seconds, and twice as many take four times as long. Twice the limit
    leaves room for line ends, which browsers send as two characters.
    """
    if len(name) > 2 * Comment.NAME_LENGTH or len(text) > 2 * settings.COMMENT_MAX_LENGTH:
        _check(name, text)


def _check(name: str, text: str) -> None:
    errors = {}
    if text_cleaning.is_blank(name):
        errors["name"] = ValidationError(_("Please enter a name. It need not be your full name."))
    elif len(name) > Comment.NAME_LENGTH:
        sentence = _("This name has %(length)d characters; the limit is %(limit)d. Please shorten it.")
        errors["name"] = _too_long(sentence, name, Comment.NAME_LENGTH)
    if text_cleaning.is_blank(text):
        errors["text"] = ValidationError(_("Your comment is empty. Please write something."))
    elif len(text) > settings.COMMENT_MAX_LENGTH:
        sentence = _("Your comment has %(length)d characters; the limit is %(limit)d. Please shorten it.")
        errors["text"] = _too_long(sentence, text, settings.COMMENT_MAX_LENGTH)
    if errors:
        raise Refused(status=400, errors=errors)


def _too_long(sentence: StrPromise, value: str, limit: int) -> ValidationError:
    return ValidationError(sentence, params={"length": len(value), "limit": limit})


def clean_email(email: str, notify: str) -> str:
    """Return the e-mail address as it would be stored.

    Raises Refused if it is invalid, or if it is missing although the commenter asks for mail.
    """
    email = text_cleaning.clean_line(email[: 2 * email_addresses.MAX_LENGTH])
    if not email and notify in ("", DEFAULT_SCOPE):
        return ""
    try:
        return email_addresses.clean(email)
    except ValidationError as error:
        message = EMAIL_INVALID if email else EMAIL_MISSING
        raise Refused(status=400, errors={"email": ValidationError(message)}) from error


@write_lock.short_write()
def _insert(draft: Comment, parent: str, commenter: Commenter, known: Facts, notify: str) -> Comment:
    """Store the draft at its position. Locks are taken in the same order everywhere: thread first, then discussion."""
    discussion = find_discussion(draft.discussion_id)
    target = _lock_reply_target(discussion, parent) if parent and discussion.is_open else None
    draft.submission_key = _submission_key(discussion, target, draft)
    if duplicate := _find_duplicate(discussion, draft.submission_key):
        return duplicate
    thread = ids.segment(paths.root_id(target.path)) if target else b""
    judgement = judging.judge(facts.complete(known, discussion, commenter, thread=thread))
    if refusal := judgement.refusal:
        raise Refused(refusal.refusal, status=refusal.rule.status)
    _set_position(draft, discussion, target)
    _store(draft, judgement)
    if draft.email:
        subscriptions.request_confirmation(draft, notify)
    if draft.state == Comment.State.PENDING:
        notifications.schedule_digest()
    elif draft.shown:
        notifications.schedule_announcement(draft)
        RECORD_NEW_COMMENT(discussion=discussion.pk, at=draft.created_at)
    return draft


def _store(draft: Comment, judgement: Judgement) -> None:
    draft.state, draft.shown = judgement.state, judgement.state == Comment.State.PUBLISHED
    for column, value in judgement.columns.items():
        setattr(draft, column, value)
    draft.created_at = now = clock.now()
    draft.published_at = now if draft.shown else None
    _INSERT_COMMENT(draft)
    _INSERT_EVENT.of(comment_id=draft.pk, at=now, to_state=draft.state)


def find_post(post_id: int) -> Post | None:
    """Return the public post with its discussion, whether that is open or not. None if the post is not public."""
    return next(iter(_PUBLIC_POST(post=number_of_row(post_id), now=clock.now())), None)


def _public_post() -> QuerySet[Post]:
    posts = Post.objects.published(now=Given("now", DateTimeField())).order_by()
    return posts.select_related("blog__owner", "discussion").filter(pk=Given("post", BigIntegerField()))


def _post_state() -> QuerySet[Post]:
    """The same without the columns that only readers need: it is read while the write lock is held."""
    return _public_post().select_related(None).select_related("blog", "discussion").only(*DISCUSSION_FIELDS)


def _answerable() -> CommentQuerySet:
    comments = Comment.objects.answerable().order_by()
    return comments.filter(pk=Given("comment", BigIntegerField()), discussion=Given("discussion", BigIntegerField()))


def _duplicate() -> QuerySet[Comment]:
    discussion = Given("discussion", BigIntegerField())
    return Comment.objects.filter(discussion=discussion, submission_key=Given("key", BinaryField()))


_PUBLIC_POST = Prepared(_public_post)
_POST_STATE = Prepared(_post_state)
_REPLY_TARGET = Prepared(lambda: _answerable().with_badges())
_TARGET_POSITION = Prepared(lambda: _answerable().values_list("pk", "path", "parent"))
_DUPLICATE = Prepared(_duplicate)
_INSERT_COMMENT = PreparedInsert(Comment)
_INSERT_EVENT = PreparedInsert(CommentEvent)


def find_discussion(post_id: int) -> Discussion:
    """Return the discussion of a public post. Raises Refused if there is no such post."""
    post = next(iter(_POST_STATE(post=number_of_row(post_id), now=clock.now())), None)
    if post is None:
        raise Refused(POST_GONE, status=404)
    return post.discussion


def open_discussion(post_id: int) -> Discussion:
    """Return the discussion of a public post. Raises Refused if there is no such post or its discussion is closed."""
    discussion = find_discussion(post_id)
    if not discussion.is_open:
        raise Refused(rules.Closed.refusal, status=rules.Closed.status)
    return discussion


def find_reply_target(discussion: Discussion, public_id: str) -> Comment | None:
    """Return the comment to reply to, or None if it cannot be replied to."""
    if not discussion.is_visible:
        return None
    with suppress(ValueError):
        for target in _REPLY_TARGET(comment=ids.decode(public_id), discussion=discussion.pk):
            target.discussion = discussion
            return target
    return None


def _find_target_position(discussion: Discussion, public_id: str) -> TreePosition | None:
    """The same without the columns that only readers need."""
    with suppress(ValueError):
        for pk, path, parent_id in _TARGET_POSITION(comment=ids.decode(public_id), discussion=discussion.pk):
            return TreePosition(pk, bytes(path), parent_id)
    return None


def _lock_reply_target(discussion: Discussion, public_id: str) -> TreePosition:
    """Lock the thread of the comment to reply to, and return that comment's position. Raises Refused if it is gone.

    The position is read again after the lock was taken, because a moderator may have removed the comment meanwhile.
    """
    target = _find_target_position(discussion, public_id)
    if target and Comment.objects.lock_thread(target.path):
        target = _find_target_position(discussion, public_id)
    if target is None:
        raise Refused(PARENT_GONE, status=404)
    return target


def _set_position(comment: Comment, discussion: Discussion, target: TreePosition | None) -> None:
    """Give the comment its id and its position: below `target`, or next to it if that is on the deepest level."""
    comment.pk = ids.new_id()
    comment.discussion = discussion
    comment.parent_id, comment.reply_to_id, parent_path = None, None, b""
    if target and paths.levels(target.path) == paths.MAX_LEVELS:
        comment.parent_id, comment.reply_to_id = target.parent_id, target.pk
        parent_path = target.path[: -ids.SEGMENT_LENGTH]
    elif target:
        comment.parent_id, parent_path = target.pk, target.path
    comment.path = parent_path + ids.segment(comment.pk)
    comment.depth = paths.levels(comment.path) - 1


def _find_duplicate(discussion: Discussion, key: bytes) -> Comment | None:
    """Return the comment that was stored for the same submission within the last ten minutes.

    An older one, or one that its commenter deleted, gives up its key, so that the same text can be posted again.
    """
    duplicate = next(iter(_DUPLICATE(discussion=discussion.pk, key=key)), None)
    if duplicate is None:
        return None
    duplicate.discussion = discussion
    is_old = duplicate.created_at <= clock.now() - DUPLICATE_WINDOW
    if is_old or duplicate.state == Comment.State.DELETED:
        discussion.comments.filter(pk=duplicate.pk).update(submission_key=None)
        return None
    return duplicate


def _submission_key(discussion: Discussion, target: TreePosition | None, draft: Comment) -> bytes:
    # Cleaned text holds no control characters, so the parts cannot run into each other.
    # The key includes the proofs: otherwise a stranger who sends the same text first would take the badge away.
    proved = f"{draft.person_id or ''} {draft.badge}"
    sender = (draft.network_key or b"").hex()
    parts = [str(discussion.pk), ids.encode(target.pk) if target else "", proved, sender, draft.name, draft.source]
    return salted_hmac("comments.posting.submission", "\x1f".join(parts), algorithm="sha256").digest()

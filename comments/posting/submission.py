"""Taking a comment: the one door through which comments come in."""

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
from comments.models.comments import ONE_MORE
from comments.posting import text_cleaning
from comments.posting.authorship import Writer
from comments.screening import facts, judging, rules
from comments.screening.facts import NO_SIGNALS, Signals
from comments.screening.judging import Judgement
from comments.screening.rules import Facts
from comments.threads import ids, paths
from core import clock, write_lock
from core.compiled_queries import Given, Prepared, PreparedInsert, number_of_row
from core.mailing import email_addresses

log = logging.getLogger(__name__)

ATTEMPTS = 5
NOT_STORED = 0  # the number of a comment until it has its place
SCOPES = frozenset(Subscription.Scope.values)
USUAL = Subscription.Scope.REPLIES  # what is chosen in the form from the start: without an address it is no wish
TWICE_WITHIN = timedelta(minutes=10)
OF_PLACE = ("blog__comments_hold", "blog__comments_close_after", "discussion", "slug", "published_at")  # of a post

POST_GONE = _("This post is no longer there, so nothing can be said under it.")
EMAIL_WRONG = _("This does not look like an e-mail address: please look at it again, or leave it out.")
EMAIL_MISSING = _("To be told by e-mail, please give an address; or choose no mail.")
BUSY = _("The blog was too busy to take this. Your text is still here: please send it again in a minute.")
PARENT_GONE = _("The comment you reply to is no longer there. You can post your text as a comment of its own.")

STRANGER = Writer()


class Place(NamedTuple):
    """Of a comment in the tree."""

    pk: int
    path: bytes
    parent_id: int | None


class Refused(Exception):
    """The comment was not taken: `message` says why, or `errors` does, one for each field concerned."""

    def __init__(
        self, message: StrPromise | str | None = None, *, status: int, errors: dict[str, ValidationError] | None = None
    ) -> None:
        super().__init__(message or errors)
        self.message = message
        self.errors = errors or {}
        self.status = status  # of the HTTP answer


@contextmanager
def giving_words_back() -> Iterator[None]:
    """Raise Refused where the database could not be had, instead of an error that would lose what was typed. SQLite has
    one writer at a time, and who waits for more than twenty seconds is told that it is locked.
    """
    try:
        yield
    except OperationalError as error:
        log.warning("The database did not take a comment: %s", error)  # a full disk looks the same to who writes
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
    writer: Writer = STRANGER,
    signals: Signals = NO_SIGNALS,
) -> Comment:
    """Take a comment under a post, as a reply where `parent` is the public id of another. By what the rules find it
    appears at once or waits for a moderator.

    The badges are those of `writer`, whatever the name says. `notify` is the scope of a subscription that is asked for
    with it. The same words sent twice within ten minutes are one comment: the first is returned. Raises Refused.
    """
    name, text = checked(name, text)
    notify = notify if notify in SCOPES else ""
    draft = Comment(pk=NOT_STORED, name=name, source=text, language=language, person=writer.person)
    draft.email = checked_email(email, notify)
    draft.email_confirmed_at = clock.now() if email and draft.email == writer.proved_email else None
    draft.user, draft.badge, draft.network_key = writer.user, writer.badge, writer.network_key
    draft.words_key = facts.words_key(text)
    draft.discussion_id = post_id
    draft.render()  # before the transaction, like the slow part of judging: nobody has to wait for them
    known = facts.gather(draft, writer, signals)
    for _attempt in range(ATTEMPTS - 1):
        # Somebody drew the same number, or the same words came at the same moment: look again.
        with suppress(IntegrityError):
            return _enter(draft, parent, writer, known, notify)
    return _enter(draft, parent, writer, known, notify)


def preview(name: str, text: str) -> Comment:
    """A comment as it would look, of which nothing is stored. Raises Refused."""
    name, text = checked(name, text)
    draft = Comment(name=name, source=text)
    draft.render()
    return draft


def checked(name: str, text: str) -> tuple[str, str]:
    """Name and text as they would be stored. Raises Refused where something is missing or too long."""
    _check_size(name, text)
    name, text = text_cleaning.tidy_line(name), text_cleaning.tidy(text)
    _check_wording(name, text)
    return name, text


def _check_size(name: str, text: str) -> None:
    """Refuse what cannot fit however it is tidied: composing 80,000 combining marks takes four seconds, twice as many
    four times as long. Twice the limit leaves room for the line ends that browsers send as two characters.
    """
    if len(name) > 2 * Comment.NAME_LENGTH or len(text) > 2 * settings.COMMENT_MAX_LENGTH:
        _check_wording(name, text)


def _check_wording(name: str, text: str) -> None:
    errors = {}
    if text_cleaning.is_blank(name):
        errors["name"] = ValidationError(_("Please give a name; it need not be your full one."))
    elif len(name) > Comment.NAME_LENGTH:
        errors["name"] = _too_long(_("This name has %(length)d characters, %(limit)d fit."), name, Comment.NAME_LENGTH)
    if text_cleaning.is_blank(text):
        errors["text"] = ValidationError(_("Your comment is empty: please write something."))
    elif len(text) > settings.COMMENT_MAX_LENGTH:
        sentence = _("Your comment has %(length)d characters, %(limit)d fit: please shorten it.")
        errors["text"] = _too_long(sentence, text, settings.COMMENT_MAX_LENGTH)
    if errors:
        raise Refused(status=400, errors=errors)


def _too_long(sentence: StrPromise, words: str, limit: int) -> ValidationError:
    return ValidationError(sentence, params={"length": len(words), "limit": limit})


def checked_email(email: str, notify: str) -> str:
    """The address as it would be stored. Raises Refused where it cannot be one, or is missing for what is asked."""
    email = text_cleaning.tidy_line(email[: 2 * email_addresses.LONGEST])
    if not email and notify in ("", USUAL):
        return ""
    try:
        return email_addresses.checked(email)
    except ValidationError as error:
        raise Refused(status=400, errors={"email": ValidationError(EMAIL_WRONG if email else EMAIL_MISSING)}) from error


@write_lock.short_write()
def _enter(draft: Comment, parent: str, writer: Writer, known: Facts, notify: str) -> Comment:
    """Store the draft in its place. The order of the locks is the same everywhere: the thread, then the discussion."""
    discussion = find_discussion(draft.discussion_id)
    target = _lock_target(discussion, parent) if parent and discussion.is_open else None
    draft.submission_key = _submission_key(discussion, target, draft)
    if twin := _twin(discussion, draft.submission_key):
        return twin
    thread = ids.segment(paths.root_number(target.path)) if target else b""
    judgement = judging.judge(facts.complete(known, discussion, writer, thread=thread))
    if refusal := judgement.refusal:
        raise Refused(refusal.refusal, status=refusal.rule.status)
    _place(draft, discussion, target)
    _store(draft, judgement)
    if draft.email:
        subscriptions.ask_to_confirm(draft, notify)
    if draft.state == Comment.State.PENDING:
        notifications.note_waiting()
    elif draft.shown:
        notifications.note_published(draft)
        ONE_MORE(discussion=discussion.pk, at=draft.created_at)
    return draft


def _store(draft: Comment, judgement: Judgement) -> None:
    draft.state, draft.shown = judgement.state, judgement.state == Comment.State.PUBLISHED
    for column, value in judgement.columns.items():
        setattr(draft, column, value)
    draft.created_at = moment = clock.now()
    draft.published_at = moment if draft.shown else None
    _STORE(draft)
    _STORE_EVENT.of(comment_id=draft.pk, at=moment, to_state=draft.state)


def find_post(post_id: int) -> Post | None:
    """The post under which something may be said or could be, with its discussion; None unless it is public."""
    return next(iter(_PUBLIC_POST(post=number_of_row(post_id), now=clock.now())), None)


def _public_post() -> QuerySet[Post]:
    posts = Post.objects.published(now=Given("now", DateTimeField())).order_by()
    return posts.select_related("blog__owner", "discussion").filter(pk=Given("post", BigIntegerField()))


def _place_of_post() -> QuerySet[Post]:
    """The same without what only readers see: a writer has the database for themselves while it is read."""
    return _public_post().select_related(None).select_related("blog", "discussion").only(*OF_PLACE)


def _answerable() -> CommentQuerySet:
    found = Comment.objects.answerable().order_by()
    return found.filter(pk=Given("comment", BigIntegerField()), discussion=Given("discussion", BigIntegerField()))


def _same_words() -> QuerySet[Comment]:
    place = Given("discussion", BigIntegerField())
    return Comment.objects.filter(discussion=place, submission_key=Given("key", BinaryField()))


_PUBLIC_POST = Prepared(_public_post)
_PLACE_OF_POST = Prepared(_place_of_post)
_TARGET = Prepared(lambda: _answerable().with_badges())
_PLACE_OF_TARGET = Prepared(lambda: _answerable().values_list("pk", "path", "parent"))
_SAME_WORDS = Prepared(_same_words)
_STORE = PreparedInsert(Comment)
_STORE_EVENT = PreparedInsert(CommentEvent)


def find_discussion(post_id: int) -> Discussion:
    """The discussion of a public post. Raises Refused where there is no such post."""
    post = next(iter(_PLACE_OF_POST(post=number_of_row(post_id), now=clock.now())), None)
    if post is None:
        raise Refused(POST_GONE, status=404)
    return post.discussion


def open_discussion(post_id: int) -> Discussion:
    """The discussion of a public post, as long as it takes words. Raises Refused."""
    discussion = find_discussion(post_id)
    if not discussion.is_open:
        raise Refused(rules.Closed.refusal, status=rules.Closed.status)
    return discussion


def find_target(discussion: Discussion, public_id: str) -> Comment | None:
    """The comment that a reply to `public_id` would answer; None where there is none to reply to."""
    if not discussion.is_visible:
        return None
    with suppress(ValueError):
        for found in _TARGET(comment=ids.decode(public_id), discussion=discussion.pk):
            found.discussion = discussion
            return found
    return None


def _place_of_target(discussion: Discussion, public_id: str) -> Place | None:
    """The same, without what only readers see."""
    with suppress(ValueError):
        for number, path, parent in _PLACE_OF_TARGET(comment=ids.decode(public_id), discussion=discussion.pk):
            return Place(number, bytes(path), parent)
    return None


def _lock_target(discussion: Discussion, public_id: str) -> Place:
    """Where the comment stands that is replied to in an open discussion; read again once the thread is ours: a
    moderator may have been faster.
    """
    target = _place_of_target(discussion, public_id)
    if target and Comment.objects.lock_thread(target.path):
        target = _place_of_target(discussion, public_id)
    if target is None:
        raise Refused(PARENT_GONE, status=404)
    return target


def _place(comment: Comment, discussion: Discussion, target: Place | None) -> None:
    """Give the comment its number and its place: under `target`, or beside it on the deepest level."""
    comment.pk = ids.mint()
    comment.discussion = discussion
    comment.parent_id, comment.reply_to_id, above = None, None, b""
    if target and paths.levels(target.path) == paths.MAX_LEVELS:
        comment.parent_id, comment.reply_to_id, above = target.parent_id, target.pk, target.path[: -ids.SEGMENT_LENGTH]
    elif target:
        comment.parent_id, above = target.pk, target.path
    comment.path = above + ids.segment(comment.pk)
    comment.depth = paths.levels(comment.path) - 1


def _twin(discussion: Discussion, key: bytes) -> Comment | None:
    """The comment that these same words became a moment ago. They may be said again where that one is older, or where
    its writer deleted it: then it gives up its key.
    """
    twin = next(iter(_SAME_WORDS(discussion=discussion.pk, key=key)), None)
    if twin:
        twin.discussion = discussion
    if twin and (twin.state == Comment.State.DELETED or twin.created_at <= clock.now() - TWICE_WITHIN):
        discussion.comments.filter(pk=twin.pk).update(submission_key=None)
        return None
    return twin


def _submission_key(discussion: Discussion, target: Place | None, draft: Comment) -> bytes:
    # Tidy words hold no control characters, so the parts cannot run into each other.
    # With what is proved, or a stranger who is faster with the same words would take the badge away.
    proved = f"{draft.person_id or ''} {draft.badge}"
    sender = (draft.network_key or b"").hex()
    parts = [str(discussion.pk), ids.encode(target.pk) if target else "", proved, sender, draft.name, draft.source]
    return salted_hmac("comments.posting.submission", "\x1f".join(parts), algorithm="sha256").digest()

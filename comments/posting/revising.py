"""Changing one's own comment, as long as it is young. Deleting it is a change of state: `moderation` does that."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from comments.mailing import notifications
from comments.models import Comment, Discussion
from comments.moderation import steps
from comments.posting import submission
from comments.posting.authorship import Writer
from comments.posting.submission import STRANGER, Refused
from comments.screening import bayes, facts, judging
from comments.screening.judging import Judgement
from comments.screening.rules import Facts
from core import clock

MOST_EDITS = 20  # each keeps a text of up to 10,000 characters for ever

TOO_LATE = _("This was not saved: the time in which a comment can be changed is over. Your text is still here.")
TOO_OFTEN = _("This was not saved: the comment was changed as often as is possible. Your text is still here.")
NOT_THERE = _("This was not saved: the comment is not on the page any more. Your text is still here.")


def edit(comment: Comment, *, text: str, writer: Writer = STRANGER) -> None:
    """Put `text` in place of what the comment says, by the rules that held for that; moderators see the earlier words.

    Where the rules find something, the comment waits for a moderator again: a good first wording buys nothing.
    Raises Refused.
    """
    _, text = submission.checked(comment.name, text)
    draft = Comment(pk=comment.pk, discussion_id=comment.discussion_id, name=comment.name, source=text)
    draft.email, draft.words_key = comment.email, facts.words_key(text)
    draft.render()  # before the transaction: nobody has to wait for it
    _replace(comment, draft, facts.gather(draft, writer), writer)
    comment.refresh_from_db()


@transaction.atomic
def _replace(comment: Comment, draft: Comment, known: Facts, writer: Writer) -> None:
    discussion = submission.open_discussion(comment.discussion_id)
    Comment.objects.lock_thread(comment.path)
    current = Comment.objects.answerable().filter(pk=comment.pk).first()
    if current is None:
        raise Refused(NOT_THERE, status=409)
    if current.source == draft.source:
        return
    _check_whether_in_time(current)
    judgement = judging.judge(facts.complete(known, discussion, writer, is_new=False))
    if refusal := judgement.refusal:
        raise Refused(refusal.refusal, status=refusal.rule.status)
    current.revisions.create(source=current.source)
    _write(current, draft, judgement)


def _write(comment: Comment, draft: Comment, judgement: Judgement) -> None:
    words = {name: getattr(draft, name) for name in ("source", "html", "render_version", "words_key")}
    columns = {**words, **judgement.columns, "edited_at": clock.now()}
    # What was learned from the old words has to go with them: later nobody would know what to forget.
    columns |= bayes.learn(comment, Comment.Lesson.NONE)
    if judgement.state == Comment.State.PUBLISHED:
        Comment.objects.filter(pk=comment.pk).update(**columns)
        Discussion.objects.filter(pk=comment.discussion_id).note_change(count=0)
    else:
        steps.requeue(comment, **columns)
        notifications.note_waiting()


def _check_whether_in_time(comment: Comment) -> None:
    if clock.now() >= editable_until(comment):
        raise Refused(TOO_LATE, status=409)
    if comment.revisions.count() >= MOST_EDITS:
        raise Refused(TOO_OFTEN, status=409)


def editable_until(comment: Comment) -> datetime:
    return comment.created_at + timedelta(minutes=settings.COMMENT_EDIT_MINUTES)


def is_possible(comment: Comment) -> bool:
    """Whether its writer can change it now, as far as the comment and its discussion are concerned."""
    return comment.is_counted and comment.discussion.is_open and clock.now() < editable_until(comment)

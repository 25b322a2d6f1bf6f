"""Edit one's own comment for a while after it was written. Deleting it is a change of state: see `moderation`."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from comments.mailing import notifications
from comments.models import Comment, Discussion
from comments.moderation import steps
from comments.posting import submission
from comments.posting.authorship import Commenter
from comments.posting.submission import ANONYMOUS, Refused
from comments.screening import bayes, facts, judging
from comments.screening.judging import Judgement
from comments.screening.rules import Facts
from core import clock

MAX_EDITS = 20  # each one stores a text of up to 10,000 characters for ever

TOO_LATE = _("Your change was not saved, because the time for editing this comment is over. Your text is still here.")
TOO_MANY_EDITS = _("Your change was not saved, because the comment was edited too many times. Your text is still here.")
NOT_PUBLIC = _("Your change was not saved, because the comment is no longer on the page. Your text is still here.")


def edit(comment: Comment, *, text: str, commenter: Commenter = ANONYMOUS) -> None:
    """Replace the text of a comment and keep the earlier text for moderators.

    The new text is screened like a new comment. If a rule holds it, the comment waits for a moderator again: otherwise
    a harmless first version would open the way for any other. Raises Refused.
    """
    _name, text = submission.clean(comment.name, text)
    draft = Comment(pk=comment.pk, discussion_id=comment.discussion_id, name=comment.name, source=text)
    draft.email, draft.words_key = comment.email, facts.words_key(text)
    draft.render()  # before the transaction, so that nobody waits for it
    _replace(comment, draft, facts.gather(draft, commenter), commenter)
    comment.refresh_from_db()


@transaction.atomic
def _replace(comment: Comment, draft: Comment, known: Facts, commenter: Commenter) -> None:
    discussion = submission.open_discussion(comment.discussion_id)
    Comment.objects.lock_thread(comment.path)
    current = Comment.objects.answerable().filter(pk=comment.pk).first()
    if current is None:
        raise Refused(NOT_PUBLIC, status=409)
    if current.source == draft.source:
        return
    _check_limits(current)
    judgement = judging.judge(facts.complete(known, discussion, commenter, is_new=False))
    if refusal := judgement.refusal:
        raise Refused(refusal.refusal, status=refusal.rule.status)
    current.revisions.create(source=current.source)
    _update(current, draft, judgement)


def _update(comment: Comment, draft: Comment, judgement: Judgement) -> None:
    content = {name: getattr(draft, name) for name in ("source", "html", "render_version", "words_key")}
    columns = {**content, **judgement.columns, "edited_at": clock.now()}
    # Forget what the filter learned from the old text: later nobody would know what to forget.
    columns |= bayes.learn(comment, Comment.Lesson.NONE)
    if judgement.state == Comment.State.PUBLISHED:
        Comment.objects.filter(pk=comment.pk).update(**columns)
        Discussion.objects.filter(pk=comment.discussion_id).record_change(count=0)
    else:
        steps.requeue(comment, **columns)
        notifications.schedule_digest()


def _check_limits(comment: Comment) -> None:
    if clock.now() >= editable_until(comment):
        raise Refused(TOO_LATE, status=409)
    if comment.revisions.count() >= MAX_EDITS:
        raise Refused(TOO_MANY_EDITS, status=409)


def editable_until(comment: Comment) -> datetime:
    return comment.created_at + timedelta(minutes=settings.COMMENT_EDIT_MINUTES)


def is_editable(comment: Comment) -> bool:
    """Whether the comment is published, its discussion open, and the time for editing it not over."""
    return comment.is_counted and comment.discussion.is_open and clock.now() < editable_until(comment)

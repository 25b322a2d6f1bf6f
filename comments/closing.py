"""Closing discussions and opening them again. What has been said can be read either way."""

from collections.abc import Iterable

from django.db import transaction

from comments.models import Discussion

State = Discussion.State


def close(discussions: Iterable[Discussion]) -> int:
    """Let no more be said from now on, until somebody opens them again; how many that changed. One that is hidden
    stays so.
    """
    return sum(_change(discussion, state=State.READONLY) for discussion in discussions if discussion.is_open)


def reopen(discussions: Iterable[Discussion]) -> int:
    """Take comments again, hidden or closed, whatever the blog says of days; how many that changed."""
    asked = [discussion for discussion in discussions if not discussion.is_open]
    return sum(_change(discussion, state=State.OPEN, closes_at=None, stays_open=True) for discussion in asked)


@transaction.atomic
def note_settings(discussion: Discussion) -> None:
    """Store what a moderator set, and nothing else: a whole row would put back the count of before."""
    discussion.save(update_fields=["state", "hold", "closes_at", "stays_open"])
    _told_to_readers(discussion)


@transaction.atomic
def _change(discussion: Discussion, **columns: object) -> int:
    changed = Discussion.objects.filter(pk=discussion.pk).update(**columns)
    _told_to_readers(discussion)
    return changed


def _told_to_readers(discussion: Discussion) -> None:
    Discussion.objects.filter(pk=discussion.pk).note_change(count=0)
